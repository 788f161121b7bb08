import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job } from 'bullmq';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { logProblems, Nudger } from '../platform/nudger.js';
import { DELIVER_QUEUE, PRIORITIES, PROCESSOR_OPTIONS, type DeliverJob } from '../platform/queues.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Delivery } from './delivery.js';

/** How long changes that come one by one are gathered while the last ones are dealt with, so that few requests carry them. */
const GATHER_MS = 50;

/** Works off what a destination is owed, round by round. */
@Processor(DELIVER_QUEUE, PROCESSOR_OPTIONS)
export class DeliverProcessor extends WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliverProcessor.name);
  private readonly underWay = new Set<string>();
  private isStopping = false;

  constructor(
    private readonly delivery: Delivery,
    private readonly nudger: Nudger,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.makeRoom();
    logProblems(this.worker, this.logger);
    // Whatever was claimed is due again when its lease ends.
    this.worker.on('failed', (_job, error) => this.logger.error({ msg: 'a round of delivery failed', err: error }));
  }

  /** Whether the first part of some work is under way here: it finds by itself what becomes due meanwhile. */
  isAt(destination: string, priority: number): boolean {
    return this.underWay.has(keyOf({ destination, priority, part: 0 }));
  }

  override async process({ data }: Job<DeliverJob>): Promise<void> {
    this.makeRoom();
    const destination = this.destinations.find((one) => one.key === data.destination);
    if (!destination) return;
    this.underWay.add(keyOf(data));
    try {
      await this.workOff(destination, data);
    } finally {
      this.underWay.delete(keyOf(data));
    }
  }

  private async workOff(destination: Destination, data: DeliverJob): Promise<void> {
    while (!this.isStopping) {
      const { claimed, sent, heldMs } = await this.delivery.round(destination, data.priority);
      if (sent === 0 || heldMs > 0) return;
      if (claimed < destination.batchSize) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      else if (data.part + 1 < this.settings.deliveryConcurrency) {
        this.nudger.deliverPart({ ...data, part: data.part + 1 });
      }
    }
  }

  /**
   * For every part of every kind of work: what is urgent never waits until something else is done. Destinations come and
   * go while this runs.
   */
  private makeRoom(): void {
    const room = this.settings.deliveryConcurrency * PRIORITIES.length * Math.max(this.destinations.length, 1);
    if (this.worker.concurrency !== room) this.worker.concurrency = room;
  }

  /** The round under way is finished and settled; no new one is begun. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.worker.close();
  }
}

function keyOf({ destination, priority, part }: DeliverJob): string {
  return `${destination}-${priority}-${part}`;
}
