import { CreateClock1764000000000 } from './1764000000000-create-clock.js';
import { CreateApiKeys1764000001000 } from './1764000001000-create-api-keys.js';
import { CreateProfiles1764000002000 } from './1764000002000-create-profiles.js';
import { CreateSources1764000003000 } from './1764000003000-create-sources.js';
import { CreateCatalogue1764000004000 } from './1764000004000-create-catalogue.js';
import { CreateMemberships1764000005000 } from './1764000005000-create-memberships.js';
import { CreateDecisions1764000006000 } from './1764000006000-create-decisions.js';
import { CreateOutbox1764000007000 } from './1764000007000-create-outbox.js';
import { MergeProfiles1764000010000 } from './1764000010000-merge-profiles.js';
import { CreateErasures1764000011000 } from './1764000011000-create-erasures.js';
import { CreateClickClasses1764000020000 } from './1764000020000-create-click-classes.js';
import { CreateSourceFreshness1764000040000 } from './1764000040000-create-source-freshness.js';
import { CreateImports1764000041000 } from './1764000041000-create-imports.js';
import { AgeDecisionInputs1764000250000 } from './1764000250000-age-decision-inputs.js';
import { KnowEverySource1764000251000 } from './1764000251000-know-every-source.js';
import { CreateCleanings1764000042000 } from './1764000042000-create-cleanings.js';
import { CreateSegmentDrafts1764000060000 } from './1764000060000-create-segment-drafts.js';
import { CreateRulePreviews1764000061000 } from './1764000061000-create-rule-previews.js';
import { IndexTransitionsBySegment1764000062000 } from './1764000062000-index-transitions-by-segment.js';
import { ExtendDecisions1764000070000 } from './1764000070000-extend-decisions.js';
import { AddDecisionStrangers1764000071000 } from './1764000071000-add-decision-strangers.js';
import { RankOutbox1764000080000 } from './1764000080000-rank-outbox.js';
import { CreateReconciliations1764000081000 } from './1764000081000-create-reconciliations.js';
import { CleanDecisions1764000082000 } from './1764000082000-clean-decisions.js';
import { CreateDestinationGates1764000090000 } from './1764000090000-create-destination-gates.js';
import { PushToMany1764000100000 } from './1764000100000-push-to-many.js';
import { CreateDestinations1764000101000 } from './1764000101000-create-destinations.js';
import { CreateSourceRefusals1764000102000 } from './1764000102000-create-source-refusals.js';
import { CreateAuditLog1764000110000 } from './1764000110000-create-audit-log.js';
import { AddOutboxTraceparent1764000111000 } from './1764000111000-add-outbox-traceparent.js';
import { CreateLinks1764000140000 } from './1764000140000-create-links.js';
import { CreateUtmSchemas1764000150000 } from './1764000150000-create-utm-schemas.js';
import { NoteRemovedDestinations1764000160000 } from './1764000160000-note-removed-destinations.js';
import { ProvisionSegments1764000161000 } from './1764000161000-provision-segments.js';
import { ExplainDrift1764000162000 } from './1764000162000-explain-drift.js';
import { CreateLinkReports1764000170000 } from './1764000170000-create-link-reports.js';
import { CreateLinkRuns1764000180000 } from './1764000180000-create-link-runs.js';
import { CreateDownstreamCounts1764000181000 } from './1764000181000-create-downstream-counts.js';
import { CreateLinkRevision1764000190000 } from './1764000190000-create-link-revision.js';
import { TellLinkOutcomes1764000200000 } from './1764000200000-tell-link-outcomes.js';
import { ClaimOutboxInPlace1764000210000 } from './1764000210000-claim-outbox-in-place.js';
import { KeepRoomForClaims1764000220000 } from './1764000220000-keep-room-for-claims.js';
import { RemoveJourneys1764000230000 } from './1764000230000-remove-journeys.js';
import { NoteSinceWhenDestinationsHear1764000245000 } from './1764000245000-note-since-when-destinations-hear.js';
import { NumberChangesOnce1764000252000 } from './1764000252000-number-changes-once.js';
import { AddUpLinkReportsByPeriod1764000260000 } from './1764000260000-add-up-link-reports-by-period.js';
import { AwaitFormerIds1764000270000 } from './1764000270000-await-former-ids.js';
import { SettleConflicts1764000271000 } from './1764000271000-settle-conflicts.js';
import { TellFilesApart1764000272000 } from './1764000272000-tell-files-apart.js';
import { KeepNumbersBeforeMerges1764000280000 } from './1764000280000-keep-numbers-before-merges.js';
import { CountAnonymousClicks1764000281000 } from './1764000281000-count-anonymous-clicks.js';
import { NoteEndsOfLinkReferences1764000300000 } from './1764000300000-note-ends-of-link-references.js';
import { AgeAwaitedIdentifiers1764000301000 } from './1764000301000-age-awaited-identifiers.js';
import { CleanTransitions1764000302000 } from './1764000302000-clean-transitions.js';
import { ShareLinkReportsByMonth1764000310000 } from './1764000310000-share-link-reports-by-month.js';

/** The one list of migrations, oldest first. A merged migration is never edited. */
export const MIGRATIONS = [
  CreateClock1764000000000,
  CreateApiKeys1764000001000,
  CreateProfiles1764000002000,
  CreateSources1764000003000,
  CreateCatalogue1764000004000,
  CreateMemberships1764000005000,
  CreateDecisions1764000006000,
  CreateOutbox1764000007000,
  MergeProfiles1764000010000,
  CreateErasures1764000011000,
  CreateClickClasses1764000020000,
  CreateSourceFreshness1764000040000,
  CreateImports1764000041000,
  CreateCleanings1764000042000,
  CreateSegmentDrafts1764000060000,
  CreateRulePreviews1764000061000,
  IndexTransitionsBySegment1764000062000,
  ExtendDecisions1764000070000,
  AddDecisionStrangers1764000071000,
  RankOutbox1764000080000,
  CreateReconciliations1764000081000,
  CleanDecisions1764000082000,
  CreateDestinationGates1764000090000,
  PushToMany1764000100000,
  CreateDestinations1764000101000,
  CreateSourceRefusals1764000102000,
  CreateAuditLog1764000110000,
  AddOutboxTraceparent1764000111000,
  CreateLinks1764000140000,
  CreateUtmSchemas1764000150000,
  NoteRemovedDestinations1764000160000,
  ProvisionSegments1764000161000,
  ExplainDrift1764000162000,
  CreateLinkReports1764000170000,
  CreateLinkRuns1764000180000,
  CreateDownstreamCounts1764000181000,
  CreateLinkRevision1764000190000,
  TellLinkOutcomes1764000200000,
  ClaimOutboxInPlace1764000210000,
  KeepRoomForClaims1764000220000,
  RemoveJourneys1764000230000,
  NoteSinceWhenDestinationsHear1764000245000,
  AgeDecisionInputs1764000250000,
  KnowEverySource1764000251000,
  NumberChangesOnce1764000252000,
  AddUpLinkReportsByPeriod1764000260000,
  AwaitFormerIds1764000270000,
  SettleConflicts1764000271000,
  TellFilesApart1764000272000,
  KeepNumbersBeforeMerges1764000280000,
  CountAnonymousClicks1764000281000,
  NoteEndsOfLinkReferences1764000300000,
  AgeAwaitedIdentifiers1764000301000,
  CleanTransitions1764000302000,
  ShareLinkReportsByMonth1764000310000,
];
