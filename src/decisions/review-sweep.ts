import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { now } from '../platform/clock.js';
import { LANES } from '../platform/lanes.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Reviser } from './reviser.js';
import { ReviewStore } from './review-store.js';

const MOST_AT_ONCE = 100;

/** Finds the decisions that something speaks against which came in after them. */
@Injectable()
export class ReviewSweep extends Sweep {
  private readonly failures = new Logger(ReviewSweep.name);
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly reviews: ReviewStore,
    private readonly reviser: Reviser,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  override async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await super.beforeApplicationShutdown();
  }

  protected override async sweep(): Promise<void> {
    const tx = this.dataSource.manager;
    for (const lane of await this.reviews.dueLanes(tx, await now(tx), LANES)) {
      try {
        while (!this.isStopping && (await this.reviser.reviewLane(lane, MOST_AT_ONCE)) === MOST_AT_ONCE);
      } catch (error) {
        this.failures.error({ msg: 'decisions of a lane could not be reviewed', lane, err: error });
      }
    }
  }
}
