import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { DecisionStore } from './decision-store.js';
import { LaneSweep } from './lane-sweep.js';
import { Settler } from './settler.js';

/** Finds the open decisions whose time has come, or about whose profiles something is new, and settles them. */
@Injectable()
export class SettleSweep extends LaneSweep {
  constructor(
    dataSource: DataSource,
    private readonly decisions: DecisionStore,
    private readonly settler: Settler,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(dataSource, settings.sweepIntervalMs, settings.evaluateBatchSize);
  }

  protected override dueLanes(tx: Transaction, at: Instant): Promise<number[]> {
    return this.decisions.dueLanes(tx, at);
  }

  protected override workOff(lane: number, most: number): Promise<number> {
    return this.settler.settleLane(lane, most);
  }
}
