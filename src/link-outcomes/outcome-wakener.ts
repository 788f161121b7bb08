import { Inject, Injectable } from '@nestjs/common';
import { FigureFollowers } from '../link-reports/figure-followers.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { OutcomeListeners } from './outcome-listeners.js';
import { OutcomeStore } from './outcome-store.js';

/** Has whoever did something about links looked at a settle delay later: by then it is known who clicked. */
@Injectable()
export class OutcomeWakener implements FigureFollowers {
  constructor(
    private readonly store: OutcomeStore,
    private readonly listeners: OutcomeListeners,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  async afterCount(tx: Transaction, profileIds: readonly number[]): Promise<void> {
    if (profileIds.length === 0 || this.listeners.all().length === 0) return;
    const dueAt = (await now(tx)) + this.settings.settleDelayMs;
    await this.store.wake(tx, new Map(profileIds.map((id) => [id, dueAt])));
  }
}
