import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { now } from '../platform/clock.js';
import { LANES } from '../platform/lanes.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { DecisionStore } from './decision-store.js';
import { Settler } from './settler.js';

/** Finds the open decisions whose time has come, or about whose profiles something is new, and settles them. */
@Injectable()
export class SettleSweep extends Sweep {
  private readonly failures = new Logger(SettleSweep.name);
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly decisions: DecisionStore,
    private readonly settler: Settler,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  override async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await super.beforeApplicationShutdown();
  }

  protected override async sweep(): Promise<void> {
    const tx = this.dataSource.manager;
    const most = this.settings.evaluateBatchSize;
    for (const lane of await this.decisions.dueLanes(tx, await now(tx), LANES)) {
      try {
        while (!this.isStopping && (await this.settler.settleLane(lane, most)) === most);
      } catch (error) {
        this.failures.error({ msg: 'open decisions of a lane could not be settled', lane, err: error });
      }
    }
  }
}
