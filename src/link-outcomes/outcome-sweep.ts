import { Inject, Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { OutcomeTeller } from './outcome-teller.js';

const PROFILES_A_STEP = 50;
/** What waits out a settle delay may wait a second more. */
const SWEEPS_BETWEEN = 10;

/** Has destinations told what came of links. */
@Injectable()
export class OutcomeSweep extends Sweep {
  constructor(
    private readonly teller: OutcomeTeller,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(SWEEPS_BETWEEN * settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    while (!this.stopping.aborted && (await this.teller.tell(PROFILES_A_STEP)) === PROFILES_A_STEP);
  }
}
