import { BullModule } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import { createPostgresBackend, setDefaultBackendFactory, type ConnectionOptions } from 'bullmq';

/** Jobs that say: look at the due profiles of a lane. */
export const EVALUATE_QUEUE = 'evaluate';

/** Jobs that say: look at what of a priority a destination is owed. */
export const DELIVER_QUEUE = 'deliver';

export interface EvaluateJob {
  lane: number;
}

export interface DeliverJob {
  destination: string;
  priority: number;
  /** Of several that work on it at once, the how manieth; one of them asks for the next when there is much to do. */
  part: number;
}

/** What somebody did goes first; what comes of looking at everybody again goes when there is nothing of that. */
export const URGENT = 0;
export const UNHURRIED = 1;
export const PRIORITIES = [URGENT, UNHURRIED] as const;

/** Where the queues live: Redis if its URL is given, else the database. */
export interface QueueLocation {
  redisUrl?: string | undefined;
  databaseUrl: string;
}

const CONNECTIONS_A_QUEUE = 4;

/**
 * A job whose process was killed is given to another one after this; until then its lane or destination is left alone.
 * Jobs are harmless to repeat, so a stall counts for nothing.
 */
export const PROCESSOR_OPTIONS = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 1_000 };

/**
 * The queues, on the backend that the configuration chooses. Jobs are only nudges: losing every one of them costs a
 * sweep's delay and nothing else, so finished and failed ones are not kept.
 */
export function queuesModule(location: QueueLocation): DynamicModule[] {
  // The Nest module has no option for the backend of a queue; it is the process's default, set before queues are made.
  if (location.redisUrl) setDefaultBackendFactory();
  else setDefaultBackendFactory(createPostgresBackend);
  return [
    BullModule.forRoot({
      connection: connectionOf(location),
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    }),
    BullModule.registerQueue({ name: EVALUATE_QUEUE }, { name: DELIVER_QUEUE }),
  ];
}

function connectionOf({ redisUrl, databaseUrl }: QueueLocation): ConnectionOptions {
  if (redisUrl) return { url: redisUrl, maxRetriesPerRequest: null };
  const postgres = {
    connectionString: databaseUrl,
    max: CONNECTIONS_A_QUEUE,
    migrate: true,
    application_name: 'turnout-queues',
  };
  return postgres; // typed for Redis alone in the Nest module
}
