import { Global, Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { HistoriesModule } from '../histories/histories.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { ArrivalEvaluation } from '../profiles/arrival-evaluation.js';
import { ConflictSettler } from '../profiles/conflict-settler.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { ArrivalEvaluator } from './arrival-evaluator.js';
import { Backfill } from './backfill.js';
import { DueSweep } from './due-sweep.js';
import { EvaluateProcessor } from './evaluate.processor.js';
import { MemberPages } from './member-pages.js';
import { MemberStore } from './member-store.js';
import { MembersController } from './members.controller.js';
import { MembershipEvaluator } from './evaluator.js';
import { MembershipMerger } from './membership-merger.js';
import { MembershipReader } from './membership-reader.js';
import { MembershipStore } from './membership-store.js';
import { MembershipsController } from './memberships.controller.js';
import { ProfilesController } from './profiles.controller.js';
import { ReclassificationSweep } from './reclassification-sweep.js';
import { PreviewRun } from './preview-run.js';
import { PreviewStore } from './preview-store.js';
import { PreviewSweep } from './preview-sweep.js';
import { PreviewsController } from './previews.controller.js';
import { RuleScan } from './rule-scan.js';
import { ShadowRun } from './shadow-run.js';
import { ShadowSweep } from './shadow-sweep.js';

const STORES = [ProfilesModule, CtasModule, HistoriesModule, SegmentsModule];

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
  controllers: [PreviewsController, MembersController, MembershipsController, ProfilesController],
  providers: [MembershipReader, MembershipStore, MemberStore, MemberPages, Backfill, PreviewStore, ConflictSettler],
})
export class MembershipsApiModule {}

/** Evaluating profiles as their events come, for whoever takes events in. */
@Global()
@Module({
  imports: [EvaluationModule],
  providers: [{ provide: ArrivalEvaluation, useClass: ArrivalEvaluator }],
  exports: [ArrivalEvaluation],
})
export class MembershipArrivalsModule {}

/** Evaluating them, for the worker. */
@Module({
  imports: [EvaluationModule, ...STORES],
  providers: [
    Backfill,
    DueSweep,
    EvaluateProcessor,
    ReclassificationSweep,
    ShadowRun,
    ShadowSweep,
    PreviewStore,
    RuleScan,
    PreviewRun,
    PreviewSweep,
  ],
})
export class MembershipsWorkerModule {}
