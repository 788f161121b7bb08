import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Metrics } from './metrics/metrics.js';
import { Nudger } from './nudger.js';
import { queuesModule } from './queues.js';
import { RETENTION_MS } from './retention.js';
import { WORKER_SETTINGS, type WorkerSettings } from './worker-settings.js';

export interface PlatformOptions {
  /** Not yet opened; opened with the module and closed with the application. */
  dataSource: DataSource;
  databaseUrl: string;
  redisUrl: string | undefined;
  retentionMs: number;
  worker: WorkerSettings;
}

/** What every part of the service stands on: the database, the queues, and the settings they share. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  static forRoot(options: PlatformOptions): DynamicModule {
    const queues = queuesModule(options);
    return {
      module: PlatformModule,
      imports: queues,
      providers: [
        { provide: DataSource, useFactory: () => options.dataSource.initialize() },
        { provide: RETENTION_MS, useValue: options.retentionMs },
        { provide: WORKER_SETTINGS, useValue: options.worker },
        Nudger,
        Metrics,
      ],
      exports: [...queues, DataSource, RETENTION_MS, WORKER_SETTINGS, Nudger, Metrics],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}
