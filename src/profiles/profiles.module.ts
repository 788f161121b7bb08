import { Module } from '@nestjs/common';
import { AliasStore } from './alias-store.js';
import { ConflictStore } from './conflict-store.js';
import { ErasedStore } from './erased-store.js';
import { EventHistoryStore } from './event-history-store.js';
import { EventStore } from './event-store.js';
import { IdentifierStore } from './identifier-store.js';
import { ProfileEraser } from './profile-eraser.js';
import { ProfileMerger } from './profile-merger.js';
import { ProfileStore } from './profile-store.js';
import { SourceFreshness } from './source-freshness.js';
import { WaitingEventStore } from './waiting-event-store.js';

@Module({
  providers: [
    IdentifierStore,
    AliasStore,
    EventStore,
    EventHistoryStore,
    ConflictStore,
    ProfileMerger,
    ProfileStore,
    WaitingEventStore,
    ErasedStore,
    ProfileEraser,
    SourceFreshness,
  ],
  exports: [
    IdentifierStore,
    EventStore,
    EventHistoryStore,
    ConflictStore,
    ProfileMerger,
    ErasedStore,
    ProfileStore,
    ProfileEraser,
    SourceFreshness,
  ],
})
export class ProfilesModule {}
