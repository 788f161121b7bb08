import { Inject, Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { FigureKeeper } from './figure-keeper.js';

/** Few, so that no step keeps the process from anything else for long. */
const PROFILES_A_STEP = 50;
/** Reports may be a second old: who does several things in a row is counted once. */
const SWEEPS_BETWEEN = 10;
/** How much longer than a step takes until the next one follows: while much comes in, reports are older instead. */
const REST = 3;
/** Between two times that changes are added to the figures; those of many people are fewer than they are one by one. */
const STEPS_A_FOLD = 20;

/** Has profiles counted soon after something about them changed. */
@Injectable()
export class FigureSweep extends Sweep {
  constructor(
    private readonly keeper: FigureKeeper,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(SWEEPS_BETWEEN * settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    let isMore = true;
    while (isMore && !this.stopping.aborted) {
      for (let step = 0; step < STEPS_A_FOLD && isMore && !this.stopping.aborted; step++) {
        const began = performance.now();
        isMore = (await this.keeper.count(PROFILES_A_STEP)) === PROFILES_A_STEP;
        const restMs = REST * (performance.now() - began);
        if (isMore) await new Promise((resolve) => setTimeout(resolve, restMs));
      }
      while (!this.stopping.aborted && (await this.keeper.fold()));
    }
  }
}
