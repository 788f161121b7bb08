import { Module } from '@nestjs/common';
import { LinkRunsController } from './link-runs.controller.js';
import { LinkRunStore } from './run-store.js';
import { LinkRunWorker } from './run-worker.js';

@Module({ controllers: [LinkRunsController], providers: [LinkRunStore] })
export class LinkRunsApiModule {}

@Module({ providers: [LinkRunStore, LinkRunWorker] })
export class LinkRunsWorkerModule {}
