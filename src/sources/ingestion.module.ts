import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { Ingestion } from './ingestion.js';

/** Taking facts in, for whoever has some: routes of the API, and what turns clicks into events. */
@Module({
  imports: [ProfilesModule],
  providers: [Ingestion, DeadLetterStore],
  exports: [Ingestion, DeadLetterStore],
})
export class IngestionModule {}
