import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { LaneSweep } from './lane-sweep.js';
import { Reviser } from './reviser.js';
import { ReviewStore } from './review-store.js';

const MOST_AT_ONCE = 100;

/** Finds the decisions that something speaks against which came in after them. */
@Injectable()
export class ReviewSweep extends LaneSweep {
  constructor(
    dataSource: DataSource,
    private readonly reviews: ReviewStore,
    private readonly reviser: Reviser,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(dataSource, settings.sweepIntervalMs, MOST_AT_ONCE);
  }

  protected override dueLanes(tx: Transaction, at: Instant): Promise<number[]> {
    return this.reviews.dueLanes(tx, at);
  }

  protected override workOff(lane: number, most: number): Promise<number> {
    return this.reviser.reviewLane(lane, most);
  }
}
