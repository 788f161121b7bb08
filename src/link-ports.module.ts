import { Global, Module } from '@nestjs/common';
import { LinksAsSent } from './links/links-as-sent.js';
import { LinksForEverybody } from './links/links-for-everybody.js';
import { LinkStoresModule } from './links/links.module.js';
import { OpenLinks } from './sources/open-links.js';
import { SentLinks } from './utm/sent-links.js';

/** What reports on UTM values, and sources, ask of links, which themselves stand on these. */
@Global()
@Module({
  imports: [LinkStoresModule],
  providers: [
    { provide: SentLinks, useClass: LinksAsSent },
    { provide: OpenLinks, useClass: LinksForEverybody },
  ],
  exports: [SentLinks, OpenLinks],
})
export class LinkPortsModule {}
