import { getQueueToken } from '@nestjs/bullmq';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ChecklistModule } from './checklist.module.js';
import { createDataSource } from './data-source.js';
import { ClickClassesController } from './ctas/click-classes.controller.js';
import { CtaDependants } from './ctas/cta-dependants.js';
import { CtasController } from './ctas/ctas.controller.js';
import { CtasModule } from './ctas/ctas.module.js';
import { SIGNATURE_LIFE_MS } from './decisions/decider.js';
import { DECISION_DEADLINE_MS } from './decisions/decision-gate.js';
import { DecisionPortsModule, DecisionsApiModule, DecisionsWorkerModule } from './decisions/decisions.module.js';
import { DestinationsApiModule, DestinationsModule } from './destinations.module.js';
import { HistoriesModule } from './histories/histories.module.js';
import { CtaNeeds } from './journeys/cta-needs.js';
import { JourneyDependants } from './journeys/journey-dependants.js';
import { JourneysController } from './journeys/journeys.controller.js';
import { JourneysModule } from './journeys/journeys.module.js';
import { LinkPortsModule } from './link-ports.module.js';
import { LinkRunsApiModule, LinkRunsWorkerModule } from './link-qa/runs/link-runs.module.js';
import { LINK_HTTP } from './link-qa/runs/run-worker.js';
import { LinkCtaNeeds } from './links/link-cta-needs.js';
import { LINK_LIFE_MS } from './links/link-declarer.js';
import { LINK_KEYS } from './links/link-keys.js';
import { LinkOutcomesModule } from './link-outcomes/link-outcomes.module.js';
import { LinkReportsApiModule, LinkReportsWorkerModule } from './link-reports/link-reports.module.js';
import { LinksApiModule, LinksWorkerModule } from './links/links.module.js';
import { MembershipMerger } from './memberships/membership-merger.js';
import {
  EvaluationModule,
  MembershipArrivalsModule,
  MembershipsApiModule,
  MembershipsWorkerModule,
} from './memberships/memberships.module.js';
import { SOURCE_KEYS } from './journeys/known-sources.js';
import { AuditInterceptor } from './platform/audit/audit.interceptor.js';
import { ApiKeyGuard } from './platform/auth/api-key.guard.js';
import { AuthModule } from './platform/auth/auth.module.js';
import { ROUTE_TOKENS } from './platform/auth/or-token.js';
import { REQUESTS_PER_SECOND } from './platform/auth/rate-limits.js';
import { REQUEST_SIGNATURES, type RequestSignatures } from './platform/auth/request-signatures.js';
import type { Config } from './platform/config.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { HEALTH_CHECKS } from './platform/health/health-check.js';
import { HealthModule } from './platform/health/health.module.js';
import { serviceChecks } from './platform/health/service-checks.js';
import { OutboundHttp } from './platform/outbound/outbound-http.js';
import { PlatformModule } from './platform/platform.module.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { ERASURE_KEY } from './profiles/erased-store.js';
import { ProblemFilter } from './platform/problem.filter.js';
import { EVALUATE_QUEUE } from './platform/queues.js';
import { validationPipe } from './platform/validation.js';
import { IDENTITY_RULES } from './profiles/identity-rules.js';
import { MergeFollower } from './profiles/merge-follower.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { SILENCE_LIMIT_MS } from './profiles/source-freshness.js';
import { DEAD_LETTER_MS, DECISIONS_KEPT_MS } from './platform/retention.js';
import { RetentionModule } from './retention/retention.module.js';
import { RewritingApiModule } from './rewriting/rewriting.module.js';
import { RulesController } from './rules/rules.controller.js';
import { ArrivalWarnings } from './memberships/arrival-warnings.js';
import { DependenciesController } from './memberships/dependencies.controller.js';
import { ManualMembersController } from './memberships/manual-members.controller.js';
import { ManualMembers } from './memberships/manual-members.js';
import { ShadowsController } from './memberships/shadows.controller.js';
import { SegmentDraftsController } from './segments/segment-drafts.controller.js';
import { SegmentVersionsController } from './segments/segment-versions.controller.js';
import { RecipesController } from './segments/recipes.controller.js';
import { PublishedAnswer } from './segments/published-answer.js';
import { RuleWarnings } from './segments/rule-warnings.js';
import { SegmentDependants } from './segments/segment-dependants.js';
import { SegmentsController } from './segments/segments.controller.js';
import { SegmentsModule } from './segments/segments.module.js';
import { customerioSource } from './sources/customerio/customerio-source.js';
import { WEBHOOK_SOURCES } from './sources/registry.js';
import { INGESTION_LIMITS } from './sources/ingestion-limits.js';
import { SourcesModule } from './sources/sources.module.js';
import { ProfileErasures } from './profile-erasures.js';
import { SourceLateness } from './source-lateness.js';
import { WEBHOOK_SECRETS } from './sources/webhook-secrets.js';
import { Erasures } from './sync/erasures.js';
import { Lateness } from './sync/lateness.js';
import { SyncApiModule, SyncWorkerModule } from './sync/sync.module.js';
import { UtmApiModule } from './utm/utm.module.js';

type ModuleImport = Type | DynamicModule;

/** What marketers declare. Beside the modules, since segments must not know of the journeys that need them. */
@Module({
  imports: [SegmentsModule, CtasModule, JourneysModule, ProfilesModule, HistoriesModule, LinksApiModule],
  controllers: [
    SegmentsController,
    SegmentDraftsController,
    SegmentVersionsController,
    ShadowsController,
    DependenciesController,
    ManualMembersController,
    RecipesController,
    RulesController,
    CtasController,
    ClickClassesController,
    JourneysController,
  ],
  providers: [
    ArrivalWarnings,
    ManualMembers,
    PublishedAnswer,
    { provide: RuleWarnings, useExisting: ArrivalWarnings },
    { provide: SegmentDependants, useExisting: JourneyDependants },
    { provide: CtaDependants, inject: [CtaNeeds, LinkCtaNeeds], useFactory: allDependants },
  ],
})
class DeclarationsModule {}

function allDependants(...dependants: CtaDependants[]): CtaDependants {
  return {
    async of(tx, key) {
      const named: string[] = [];
      for (const one of dependants) named.push(...(await one.of(tx, key)));
      return named;
    },
  };
}

/** What follows from merges, for the sources that bring them about: they know nothing of memberships. */
@Global()
@Module({
  imports: [EvaluationModule],
  providers: [{ provide: MergeFollower, useExisting: MembershipMerger }],
  exports: [MergeFollower],
})
class MergesModule {}

const API: ModuleImport[] = [
  LinkPortsModule,
  MergesModule,
  MembershipArrivalsModule,
  PrivacyModule,
  DeclarationsModule,
  SourcesModule,
  DecisionsApiModule,
  MembershipsApiModule,
  SyncApiModule,
  DestinationsApiModule,
  UtmApiModule,
  LinkReportsApiModule,
  RewritingApiModule,
  LinkRunsApiModule,
  ChecklistModule,
];

/** What delivery and reconciliation must know of sources and profiles. Beside the modules, since they know nothing of these. */
@Global()
@Module({
  imports: [ProfilesModule],
  providers: [
    { provide: Lateness, useClass: SourceLateness },
    { provide: Erasures, useClass: ProfileErasures },
  ],
  exports: [Lateness, Erasures],
})
class SyncPortsModule {}

/** Values of the configuration that single folders ask for. */
@Global()
@Module({})
class SettingsModule {}

const WORKER: ModuleImport[] = [
  LinkPortsModule,
  MergesModule,
  MembershipArrivalsModule,
  LinksWorkerModule,
  LinkOutcomesModule,
  LinkReportsWorkerModule,
  MembershipsWorkerModule,
  DecisionsWorkerModule,
  SyncPortsModule,
  SyncWorkerModule,
  LinkRunsWorkerModule,
  RetentionModule,
];

/** The application, with the parts that the configured roles need. */
@Module({})
export class AppModule {
  static forRoot(config: Config, databaseUrl: string): DynamicModule {
    const { api, worker } = { api: config.roles.includes('api'), worker: config.roles.includes('worker') };
    return {
      module: AppModule,
      imports: [
        PlatformModule.forRoot({
          dataSource: createDataSource(databaseUrl, config.database.poolSize),
          databaseUrl,
          redisUrl: config.queues.redisUrl,
          retentionMs: config.retentionMs,
          worker: config.worker,
        }),
        settings(config),
        DestinationsModule.forRoot(config),
        AuthModule,
        HealthModule,
        MonitoringModule,
        DecisionPortsModule,
        ...(api ? API : []),
        ...(worker ? WORKER : []),
      ],
      providers: [
        ...[ApiKeyGuard, ProblemFilter],
        { provide: APP_GUARD, useExisting: ApiKeyGuard },
        { provide: APP_INTERCEPTOR, useClass: AuditInterceptor },
        { provide: APP_FILTER, useExisting: ProblemFilter },
        { provide: APP_PIPE, useFactory: validationPipe },
      ],
    };
  }
}

function settings(config: Config): DynamicModule {
  return {
    module: SettingsModule,
    providers: [
      { provide: WEBHOOK_SECRETS, useValue: config.sources.webhookSecrets },
      { provide: REQUEST_SIGNATURES, useValue: requestSignatures(config) },
      { provide: ROUTE_TOKENS, useValue: { metrics: config.http.metricsTokens } },
      { provide: REQUESTS_PER_SECOND, useValue: config.http.requestsPerSecond },
      { provide: DEAD_LETTER_MS, useValue: config.deadLetterMs },
      { provide: DECISIONS_KEPT_MS, useValue: config.decisionsKeptMs },
      { provide: SIGNATURE_LIFE_MS, useValue: config.signatureLifeMs },
      { provide: SILENCE_LIMIT_MS, useValue: config.sources.silenceLimitMs },
      { provide: INGESTION_LIMITS, useValue: { mostWaitingBytes: config.sources.queueBytes } },
      { provide: IDENTITY_RULES, useValue: config.identity },
      { provide: ERASURE_KEY, useValue: config.erasureKey },
      { provide: SOURCE_KEYS, useValue: WEBHOOK_SOURCES.map((source) => source.key) },
      { provide: LINK_KEYS, useValue: config.links.keys },
      { provide: LINK_LIFE_MS, useValue: config.links.lifeMs },
      { provide: LINK_HTTP, useValue: linkHttp(config) },
      { provide: DECISION_DEADLINE_MS, useValue: config.decisionDeadlineMs },
      { provide: HEALTH_CHECKS, inject: [DataSource, getQueueToken(EVALUATE_QUEUE)], useFactory: serviceChecks },
    ],
    exports: [
      WEBHOOK_SECRETS,
      REQUEST_SIGNATURES,
      REQUESTS_PER_SECOND,
      ROUTE_TOKENS,
      DEAD_LETTER_MS,
      DECISIONS_KEPT_MS,
      SIGNATURE_LIFE_MS,
      SILENCE_LIMIT_MS,
      SOURCE_KEYS,
      DECISION_DEADLINE_MS,
      INGESTION_LIMITS,
      IDENTITY_RULES,
      ERASURE_KEY,
      LINK_KEYS,
      LINK_LIFE_MS,
      LINK_HTTP,
      HEALTH_CHECKS,
    ],
  };
}

/** Links may well begin in plain http: that is told, and nothing of anybody is sent. */
function linkHttp({ outboundTrustedHosts }: Config): OutboundHttp {
  return new OutboundHttp({ trustedHosts: outboundTrustedHosts, isPlainHttpAllowed: true });
}

/** Customer.io signs what its journeys ask as it signs its reporting webhooks. */
function requestSignatures({ sources }: Config): RequestSignatures {
  const keys = sources.webhookSecrets.customerio;
  return new Map([
    [
      customerioSource.key,
      {
        ...{ header: 'x-cio-signature', timeHeader: 'x-cio-timestamp' },
        verify: (request) => customerioSource.verify(request, keys),
      },
    ],
  ]);
}
