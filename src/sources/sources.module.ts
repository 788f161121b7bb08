import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { ImportStore } from './imports/import-store.js';
import { Importer } from './imports/importer.js';
import { ImportsController } from './imports/imports.controller.js';
import { Ingestion } from './ingestion.js';
import { SegmentController } from './segment/segment.controller.js';
import { SourceFreshnessController } from './source-freshness.controller.js';
import { SourceRefusals } from './source-refusals.js';
import { SourcesController } from './sources.controller.js';

@Module({
  imports: [ProfilesModule],
  controllers: [ImportsController, SourceFreshnessController, SourcesController, SegmentController],
  providers: [ImportStore, Importer, Ingestion, DeadLetterStore, SourceRefusals],
  exports: [SourceRefusals],
})
export class SourcesModule {}
