import { Module } from '@nestjs/common';
import { SegmentsModule } from '../segments/segments.module.js';
import { CtaNeeds } from './cta-needs.js';
import { JourneyDependants } from './journey-dependants.js';
import { JourneyStore } from './journey-store.js';
import { KnownSources } from './known-sources.js';

@Module({
  imports: [SegmentsModule],
  providers: [JourneyStore, JourneyDependants, CtaNeeds, KnownSources],
  exports: [JourneyStore, JourneyDependants, CtaNeeds, KnownSources],
})
export class JourneysModule {}
