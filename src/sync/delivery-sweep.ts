import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { PRIORITIES } from '../platform/queues.js';
import { Nudger } from '../platform/nudger.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { DeliverProcessor } from './deliver.processor.js';

/** Finds what is owed and due, also after lost nudges, retries and expired claims. */
@Injectable()
export class DeliverySweep extends Sweep {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: OutboxStore,
    private readonly nudger: Nudger,
    private readonly processor: DeliverProcessor,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(settings.sweepIntervalMs);
  }

  protected override async sweep(): Promise<void> {
    for (const { key } of this.destinations) {
      const idle = PRIORITIES.filter((priority) => !this.processor.isAt(key, priority));
      if (idle.length === 0) continue;
      const due = await this.outbox.dueLanes(this.dataSource.manager, key, idle);
      for (const priority of new Set(due.map((lane) => lane.priority))) {
        this.nudger.deliverPart({ destination: key, priority, part: 0 });
      }
    }
  }
}
