import { Inject, Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { PreviewRun } from './preview-run.js';

/** Works off the previews that somebody waits for, one after the other. */
@Injectable()
export class PreviewSweep extends Sweep {
  constructor(
    private readonly run: PreviewRun,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    for (const id of await this.run.waiting()) await this.run.workOff(id);
  }
}
