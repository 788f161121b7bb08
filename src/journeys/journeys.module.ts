import { Module } from '@nestjs/common';
import { SegmentsModule } from '../segments/segments.module.js';
import { JourneyDependants } from './journey-dependants.js';
import { JourneyStore } from './journey-store.js';

@Module({
  imports: [SegmentsModule],
  providers: [JourneyStore, JourneyDependants],
  exports: [JourneyStore, JourneyDependants],
})
export class JourneysModule {}
