import { Module } from '@nestjs/common';
import { Checklist } from './checklist/checklist.js';
import { ChecklistController } from './checklist/checklist.controller.js';
import { Downstream } from './checklist/downstream.js';
import { DownstreamStore } from './checklist/downstream-store.js';
import { HumanClicks } from './checklist/human-clicks.js';
import { LinkQuestions } from './checklist/link-questions.js';
import { SourceQuestions } from './checklist/source-questions.js';
import { CtasModule } from './ctas/ctas.module.js';
import { DestinationsApiModule } from './destinations.module.js';
import { JourneysModule } from './journeys/journeys.module.js';
import { LinkRunStoresModule } from './link-qa/runs/link-runs.module.js';
import { LinkStoresModule } from './links/links.module.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { IngestionModule } from './sources/ingestion.module.js';
import { SourcesModule } from './sources/sources.module.js';
import { DriftReporter } from './utm/drift-report.js';
import { UtmModule } from './utm/utm.module.js';

/** The checklist; beside the folders, since it asks of nearly all of them. */
@Module({
  imports: [
    ...[CtasModule, JourneysModule, LinkStoresModule, LinkRunStoresModule, ProfilesModule, UtmModule],
    ...[IngestionModule, SourcesModule, DestinationsApiModule],
  ],
  controllers: [ChecklistController],
  providers: [Checklist, LinkQuestions, SourceQuestions, Downstream, DownstreamStore, HumanClicks, DriftReporter],
})
export class ChecklistModule {}
