import { Module } from '@nestjs/common';
import { EventHistoryStore } from './event-history-store.js';
import { EventStore } from './event-store.js';
import { IdentifierStore } from './identifier-store.js';

@Module({
  providers: [IdentifierStore, EventStore, EventHistoryStore],
  exports: [IdentifierStore, EventStore, EventHistoryStore],
})
export class ProfilesModule {}
