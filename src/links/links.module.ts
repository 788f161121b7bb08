import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { IngestionModule } from '../sources/ingestion.module.js';
import { BindingStore } from './binding-store.js';
import { ClickDrain } from './click-drain.js';
import { ClickJournal } from './click-journal.js';
import { ClickSweep } from './click-sweep.js';
import { LinkCtaNeeds } from './link-cta-needs.js';
import { LinkDeclarer } from './link-declarer.js';
import { LinkDomainStore } from './link-domain-store.js';
import { LinkDomainsController } from './link-domains.controller.js';
import { LinkKeys } from './link-keys.js';
import { LinkStore } from './link-store.js';
import { LinksController } from './links.controller.js';
import { Redirector } from './redirector.js';
import { RouteStore } from './route-store.js';
import { ShortStore } from './short-store.js';
import { UtmModule } from '../utm/utm.module.js';

/** What each part of links stands on. */
const STORES = [BindingStore, ClickJournal, LinkDomainStore, LinkKeys, LinkStore, ShortStore];

@Module({ imports: [ProfilesModule, CtasModule], providers: STORES, exports: STORES })
export class LinkStoresModule {}

/** Declaring links, and following them. */
@Module({
  imports: [LinkStoresModule, ProfilesModule, CtasModule, UtmModule],
  controllers: [LinkDomainsController, LinksController],
  providers: [LinkDeclarer, LinkCtaNeeds, RouteStore, Redirector],
  exports: [LinkDeclarer, LinkCtaNeeds],
})
export class LinksApiModule {}

/** Turning clicks into events. */
@Module({
  imports: [LinkStoresModule, IngestionModule],
  providers: [ClickDrain, ClickSweep],
})
export class LinksWorkerModule {}
