import { Module } from '@nestjs/common';
import { EventHistoryStore } from './event-history-store.js';
import { EventStore } from './event-store.js';
import { IdentifierStore } from './identifier-store.js';
import { SourceFreshness } from './source-freshness.js';

@Module({
  providers: [IdentifierStore, EventStore, EventHistoryStore, SourceFreshness],
  exports: [IdentifierStore, EventStore, EventHistoryStore, SourceFreshness],
})
export class ProfilesModule {}
