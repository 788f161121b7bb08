import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { Nudger } from '../platform/nudger.js';
import { Repeater } from '../platform/repeater.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';

/** Finds what is owed and due, also after lost nudges, retries and expired claims. */
@Injectable()
export class DeliverySweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly repeater: Repeater;

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: OutboxStore,
    private readonly nudger: Nudger,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    this.repeater = new Repeater(settings.sweepIntervalMs, () => this.sweep(), new Logger(DeliverySweep.name));
  }

  onApplicationBootstrap(): void {
    this.repeater.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.repeater.stop();
  }

  private async sweep(): Promise<void> {
    for (const { key } of this.destinations) {
      const lanes = await this.outbox.dueLanes(this.dataSource.manager, key);
      if (lanes.length > 0) this.nudger.deliver([key]);
    }
  }
}
