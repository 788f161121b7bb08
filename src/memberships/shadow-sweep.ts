import { Inject, Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { ShadowRun } from './shadow-run.js';

/** How long a look works before others have their turn, in ms. */
const TURN_MS = 500;
const LANES_AT_ONCE = 2;

/** Works off the shadows that somebody asked for, in turns, so that what is due goes on beside them. */
@Injectable()
export class ShadowSweep extends Sweep {
  constructor(
    private readonly run: ShadowRun,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    const open = await this.run.openLanes();
    if (open.length === 0) return;
    const until = performance.now() + TURN_MS;
    await Promise.all(Array.from({ length: LANES_AT_ONCE }, () => this.workOff(open, until)));
  }

  private async workOff(open: { shadowId: string; lane: number }[], until: number): Promise<void> {
    while (performance.now() < until) {
      const next = open.shift();
      if (!next) return;
      let isMore = true;
      while (isMore && performance.now() < until) {
        isMore = await this.run.step(next.shadowId, next.lane, this.settings.evaluateBatchSize);
      }
    }
  }
}
