import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { Seldom } from './seldom.js';
import { DELIVER_QUEUE, EVALUATE_QUEUE, PRIORITIES, type DeliverJob, type EvaluateJob } from './queues.js';

/** Between two nudges: what comes by the hundred a second is not worth a job each time, which takes milliseconds. */
const REST_MS = 50;

/** While the queues are away each try to reach them fails: that is said so often, in milliseconds. */
const SAID_EVERY_MS = 60_000;

/**
 * Tells workers that there is something to look at. Never in anybody's way: nudges are gathered while the last ones are
 * on their way, and one that can't be given is only logged, since the sweep finds what it was about.
 */
@Injectable()
export class Nudger implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Nudger.name);
  private readonly lanes = new Set<number>();
  private readonly deliveries = new Map<string, DeliverJob>();
  private sending: Promise<void> | undefined;
  private readonly sayingLost = new Seldom(SAID_EVERY_MS);

  constructor(
    @InjectQueue(EVALUATE_QUEUE) private readonly evaluateQueue: Queue<EvaluateJob>,
    @InjectQueue(DELIVER_QUEUE) private readonly deliverQueue: Queue<DeliverJob>,
  ) {
    for (const queue of [evaluateQueue, deliverQueue]) logProblems(queue, this.logger);
  }

  /** Profiles of these lanes are due. */
  evaluate(lanes: Iterable<number>): void {
    for (const lane of lanes) this.lanes.add(lane);
    this.start();
  }

  /** These destinations are owed something, of these priorities. */
  deliver(destinations: Iterable<string>, priorities: readonly number[] = PRIORITIES): void {
    for (const destination of destinations) {
      for (const priority of priorities) this.deliverPart({ destination, priority, part: 0 });
    }
  }

  /** A destination is owed more than those who already work on it are done with soon. */
  deliverPart(job: DeliverJob): void {
    this.deliveries.set(`to-${job.destination}-${job.priority}-${job.part}`, job);
    this.start();
  }

  /** Lets the nudges under way reach their queue. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.sending;
  }

  private start(): void {
    this.sending ??= this.send().finally(() => (this.sending = undefined));
  }

  private async send(): Promise<void> {
    while (this.lanes.size + this.deliveries.size > 0) {
      const lanes = [...this.lanes];
      const deliveries = [...this.deliveries];
      this.lanes.clear();
      this.deliveries.clear();
      try {
        if (lanes.length > 0) {
          await this.evaluateQueue.addBulk(
            lanes.map((lane) => ({ name: 'lane', data: { lane }, opts: onceAtATime(`lane-${lane}`) })),
          );
        }
        if (deliveries.length > 0) {
          await this.deliverQueue.addBulk(
            deliveries.map(([id, data]) => ({ name: 'destination', data, opts: onceAtATime(id) })),
          );
        }
      } catch (error) {
        this.sayingLost.say((unsaid) => {
          const msg = 'nudges were lost; the sweep will find what is due';
          this.logger.warn({ msg, otherTimes: unsaid, error: String(error) });
        });
      }
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
  }
}

/** One job waiting at most; a nudge that comes while its job runs makes it run once more. */
function onceAtATime(id: string) {
  return { deduplication: { id, keepLastIfActive: true } };
}

/** What goes wrong with the connections of a queue, or of who works on it. Unheard it would be printed as it is, each time. */
export function logProblems(queue: Pick<Queue, 'name'> & NodeJS.EventEmitter, logger: Logger): void {
  const saying = new Seldom(SAID_EVERY_MS);
  queue.on('error', (error: unknown) =>
    saying.say((unsaid) =>
      logger.warn({ msg: 'a queue has a problem', queue: queue.name, otherTimes: unsaid, error: String(error) }),
    ),
  );
}
