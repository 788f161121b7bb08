import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job } from 'bullmq';
import { DataSource } from 'typeorm';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { now } from '../platform/clock.js';
import { DELIVER_QUEUE, PROCESSOR_OPTIONS, type DeliverJob } from '../platform/queues.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Delivery } from './delivery.js';

/** Works off what a destination is owed, round by round. */
@Processor(DELIVER_QUEUE, PROCESSOR_OPTIONS)
export class DeliverProcessor extends WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliverProcessor.name);
  private readonly pausedUntil = new Map<string, number>();
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly delivery: Delivery,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.worker.concurrency = this.settings.deliveryConcurrency;
    this.worker.on('error', (error) =>
      this.logger.warn({ msg: 'the deliver queue has a problem', error: String(error) }),
    );
    // Whatever was claimed is due again when its lease ends.
    this.worker.on('failed', (_job, error) => this.logger.error({ msg: 'a round of delivery failed', err: error }));
  }

  override async process(job: Job<DeliverJob>): Promise<void> {
    const destination = this.destinations.find((one) => one.key === job.data.destination);
    if (!destination) return;
    let isMore = true;
    while (isMore && !this.isStopping && !(await this.isPaused(destination.key))) {
      const { sent, pauseMs } = await this.delivery.round(destination);
      if (pauseMs > 0) this.pausedUntil.set(destination.key, (await this.now()) + pauseMs);
      isMore = sent > 0;
    }
  }

  /** The round under way is finished and settled; no new one is begun. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.worker.close();
  }

  private async isPaused(destination: string): Promise<boolean> {
    const until = this.pausedUntil.get(destination);
    return until !== undefined && (await this.now()) < until;
  }

  private now(): Promise<number> {
    return now(this.dataSource.manager);
  }
}
