import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RemovedDestinations } from '../outbox/removed-destinations.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';

/** Drops what was owed to removed destinations by whoever did not know of the removal yet. */
@Injectable()
export class RemovalSweep extends Sweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly removed: RemovedDestinations,
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(50 * settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    for (const key of await this.removed.known(this.dataSource.manager)) {
      await this.dataSource.transaction((tx) => this.removed.replace(tx, key));
    }
  }
}
