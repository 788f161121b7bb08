import { Global, Module } from '@nestjs/common';
import { CtasModule } from '../ctas/ctas.module.js';
import { HistoriesModule } from '../histories/histories.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { EvaluationFollowers } from '../memberships/evaluation-followers.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AskedNames } from '../profiles/asked-names.js';
import { ProfilesModule } from '../profiles/profiles.module.js';
import { SegmentsModule } from '../segments/segments.module.js';
import { DecideController } from './decide.controller.js';
import { Decider } from './decider.js';
import { DecisionGate } from './decision-gate.js';
import { DecisionLog } from './decision-log.js';
import { DecisionQuery } from './decision-query.js';
import { DecisionStore } from './decision-store.js';
import { DecisionWakener } from './decision-wakener.js';
import { DecisionWriter } from './decision-writer.js';
import { DecisionsController } from './decisions.controller.js';
import { FactsReader } from './facts-reader.js';
import { FreshnessReader } from './freshness-reader.js';
import { InputStore } from './input-store.js';
import { Judge } from './judge.js';
import { NamesInRules } from './names-in-rules.js';
import { PastJudge } from './past-judge.js';
import { PinStore } from './pin-store.js';
import { PlannedInputs } from './planned-inputs.js';
import { Replayer } from './replayer.js';
import { ReportController } from './report.controller.js';
import { ReportQuery } from './report-query.js';
import { Reporter } from './reporter.js';
import { ReviewStore } from './review-store.js';
import { ReviewSweep } from './review-sweep.js';
import { Reviser } from './reviser.js';
import { SettleSweep } from './settle-sweep.js';
import { Settler } from './settler.js';

const SETTLING = [DecisionStore, InputStore, PlannedInputs, FactsReader, FreshnessReader, Settler];

const PAST = [PastJudge, ReviewStore];

/** What settling open decisions takes, wherever it is done. */
@Module({
  imports: [ProfilesModule, CtasModule, HistoriesModule, JourneysModule, OutboxModule],
  providers: [...SETTLING, ...PAST, DecisionWakener],
  exports: [...SETTLING, ...PAST, DecisionWakener, HistoriesModule],
})
export class DecisionStoresModule {}

/** What memberships and sources ask of decisions, of which they must not know. */
@Global()
@Module({
  imports: [DecisionStoresModule, SegmentsModule],
  providers: [
    { provide: EvaluationFollowers, useExisting: DecisionWakener },
    { provide: AskedNames, useClass: NamesInRules },
  ],
  exports: [EvaluationFollowers, AskedNames],
})
export class DecisionPortsModule {}

/** Answering, for the API. */
@Module({
  imports: [DecisionStoresModule, ProfilesModule, JourneysModule, OutboxModule],
  controllers: [DecideController, DecisionsController, ReportController],
  providers: [
    ...[Judge, PinStore, DecisionWriter, DecisionLog, Decider, DecisionGate, DecisionQuery, Replayer],
    ...[ReportQuery, Reporter],
  ],
})
export class DecisionsApiModule {}

/** Settling, for the worker. */
@Module({ imports: [DecisionStoresModule], providers: [SettleSweep, ReviewSweep, Reviser] })
export class DecisionsWorkerModule {}
