import { Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { Backfill } from './backfill.js';
import { DueSweep } from './due-sweep.js';
import { EvaluateProcessor } from './evaluate.processor.js';
import { MembershipEvaluator } from './evaluator.js';
import { MembershipMerger } from './membership-merger.js';
import { MembershipReader } from './membership-reader.js';
import { MembershipStore } from './membership-store.js';
import { MembershipsController } from './memberships.controller.js';
import { ProfileHistories } from './profile-histories.js';
import { ProfilesController } from './profiles.controller.js';
import { ReclassificationSweep } from './reclassification-sweep.js';
import { ShadowRun } from './shadow-run.js';
import { ShadowSweep } from './shadow-sweep.js';

const STORES = [ProfilesModule, CtasModule, SegmentsModule];

/** Bringing profiles up to date, for whoever does: the worker, and merges. */
@Module({
  imports: [...STORES, OutboxModule],
  providers: [MembershipStore, MembershipEvaluator, MembershipMerger],
  exports: [MembershipStore, MembershipEvaluator, MembershipMerger],
})
export class EvaluationModule {}

/** Reading memberships, for the API. */
@Module({
  imports: STORES,
  controllers: [MembershipsController, ProfilesController],
  providers: [MembershipReader, MembershipStore],
})
export class MembershipsApiModule {}

/** Evaluating them, for the worker. */
@Module({
  imports: [EvaluationModule, ...STORES],
  providers: [Backfill, DueSweep, EvaluateProcessor, ProfileHistories, ReclassificationSweep, ShadowRun, ShadowSweep],
})
export class MembershipsWorkerModule {}
