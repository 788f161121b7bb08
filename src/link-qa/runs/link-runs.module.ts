import { Module } from '@nestjs/common';
import { CtasModule } from '../../ctas/ctas.module.js';
import { JourneysModule } from '../../journeys/journeys.module.js';
import { LinkStoresModule } from '../../links/links.module.js';
import { LinkRunsController } from './link-runs.controller.js';
import { LiveLinkReader } from './live-links.js';
import { LinkRunStore } from './run-store.js';
import { LinkRunWorker } from './run-worker.js';

const STORES = [LinkRunStore, LiveLinkReader];

/** What was looked at, and which links are live. */
@Module({ imports: [CtasModule, LinkStoresModule], providers: STORES, exports: STORES })
export class LinkRunStoresModule {}

@Module({ imports: [LinkRunStoresModule, CtasModule, JourneysModule], controllers: [LinkRunsController] })
export class LinkRunsApiModule {}

@Module({ imports: [LinkRunStoresModule], providers: [LinkRunWorker] })
export class LinkRunsWorkerModule {}
