import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { now } from '../platform/clock.js';
import { Nudger } from '../platform/nudger.js';
import { LANES } from '../platform/lanes.js';
import { Repeater } from '../platform/repeater.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Backfill } from './backfill.js';
import { MembershipStore } from './membership-store.js';

/** Finds what time has made due, whoever was or wasn't told: the timers are rows, and this looks at them. */
@Injectable()
export class DueSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DueSweep.name);
  private readonly repeater: Repeater;

  constructor(
    private readonly dataSource: DataSource,
    private readonly memberships: MembershipStore,
    private readonly backfill: Backfill,
    private readonly nudger: Nudger,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    this.repeater = new Repeater(settings.sweepIntervalMs, () => this.sweep(), this.logger);
  }

  onApplicationBootstrap(): void {
    this.repeater.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeater.stop();
  }

  private async sweep(): Promise<void> {
    const at = await now(this.dataSource.manager);
    const due = await this.memberships.dueLanes(this.dataSource.manager, at, LANES);
    const backfilling = await this.backfill.lanes();
    this.nudger.evaluate([...due, ...backfilling]);
  }
}
