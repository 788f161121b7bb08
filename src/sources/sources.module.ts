import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { Ingestion } from './ingestion.js';
import { SourceFreshnessController } from './source-freshness.controller.js';
import { SourcesController } from './sources.controller.js';

@Module({
  imports: [ProfilesModule],
  controllers: [SourceFreshnessController, SourcesController],
  providers: [Ingestion, DeadLetterStore],
})
export class SourcesModule {}
