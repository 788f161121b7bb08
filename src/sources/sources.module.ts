import { Module } from '@nestjs/common';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { ImportStore } from './imports/import-store.js';
import { Importer } from './imports/importer.js';
import { ImportsController } from './imports/imports.controller.js';
import { IngestionModule } from './ingestion.module.js';
import { SegmentController } from './segment/segment.controller.js';
import { SourceFreshnessController } from './source-freshness.controller.js';
import { SourceRefusals } from './source-refusals.js';
import { SourcesController } from './sources.controller.js';

@Module({
  imports: [ProfilesModule, IngestionModule],
  controllers: [ImportsController, SourceFreshnessController, SourcesController, SegmentController],
  providers: [ImportStore, Importer, SourceRefusals],
  exports: [SourceRefusals],
})
export class SourcesModule {}
