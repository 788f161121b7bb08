import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReclassificationStore } from '../ctas/reclassification-store.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';

const CLICKS_A_STEP = 2_000;

/** Works off what changed about past clicks; the sweep of due profiles then finds those that it marked. */
@Injectable()
export class ReclassificationSweep extends Sweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reclassifications: ReclassificationStore,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    let isMore = true;
    while (isMore && !this.stopping.aborted) {
      isMore = await this.dataSource.transaction((tx) => this.reclassifications.step(tx, CLICKS_A_STEP));
    }
  }
}
