import { Inject, Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { ClickDrain } from './click-drain.js';

/** Has clicks turned into events soon after they were answered. */
@Injectable()
export class ClickSweep extends Sweep {
  constructor(
    private readonly clicks: ClickDrain,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    while (!this.stopping.aborted && (await this.clicks.drain()));
  }
}
