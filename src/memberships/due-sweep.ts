import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { now } from '../platform/clock.js';
import { Nudger } from '../platform/nudger.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Backfill } from './backfill.js';
import { MembershipStore } from './membership-store.js';

/** Finds what time has made due, whoever was or wasn't told: the timers are rows, and this looks at them. */
@Injectable()
export class DueSweep extends Sweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly memberships: MembershipStore,
    private readonly backfill: Backfill,
    private readonly nudger: Nudger,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    const at = await now(this.dataSource.manager);
    const due = await this.memberships.dueLanes(this.dataSource.manager, at);
    const backfilling = await this.backfill.lanes();
    this.nudger.evaluate([...due, ...backfilling]);
  }
}
