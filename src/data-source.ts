import type { DataSource } from 'typeorm';
import { DownstreamCount } from './checklist/downstream-count.entity.js';
import { Cta } from './ctas/cta.entity.js';
import { ClickClassSettingsRow, Reclassification } from './ctas/ctas.entities.js';
import { DecisionInput, DecisionPin, DecisionRecord } from './decisions/decision.entity.js';
import { DestinationRow } from './destinations/settings/destination.entity.js';
import { Journey, JourneyVersion } from './journeys/journey.entities.js';
import { LinkCheck, LinkRun, LinkRunLink } from './link-qa/runs/link-runs.entities.js';
import { LinkOutcomeDue, LinkOutcomeHeard, LinkOutcomeTold } from './link-outcomes/link-outcomes.entities.js';
import {
  LinkReportChange,
  LinkReportDay,
  LinkReportMonth,
  LinkReportMonthShare,
  LinkReportWeek,
} from './link-reports/link-reports.entities.js';
import {
  AnonymousClick,
  LinkBinding,
  LinkClickBatch,
  LinkDomain,
  LinkRevision,
  LinkShort,
  TrackedLink,
} from './links/links.entities.js';
import { Backfill, Membership, Transition } from './memberships/memberships.entities.js';
import { RulePreview } from './memberships/preview.entity.js';
import { OutboxRow } from './outbox/outbox.entity.js';
import { RemovedDestination } from './outbox/removed-destination.entity.js';
import { AuditEntry } from './platform/audit/audit-entry.entity.js';
import { AuditedDataSource } from './platform/audit/audited-data-source.js';
import { ApiKey } from './platform/auth/api-key.entity.js';
import { postgresOptions } from './platform/database.js';
import { ErasedIdentifier, InstallationSecret } from './profiles/erasure.entities.js';
import {
  EventHistory,
  IdentityConflict,
  Profile,
  ProfileEvent,
  ProfileIdentifier,
  Receipt,
  SourceFreshnessRow,
  SourceSilence,
  WaitingEvent,
  AwaitedAlias,
} from './profiles/profiles.entities.js';
import { CleaningRow } from './retention/cleaning.entity.js';
import { Catalogue } from './segments/catalogue.entity.js';
import { Segment, SegmentVersion } from './segments/segment.entities.js';
import { SegmentDraft, SegmentShadow, SegmentShadowLane } from './segments/draft.entities.js';
import { ImportBadLine, ImportRow } from './sources/imports/import.entities.js';
import { DeadLetter } from './sources/dead-letter.entity.js';
import { DestinationAccount } from './sync/account.entity.js';
import { DestinationGate } from './sync/gate.entity.js';
import { SourceRefusal } from './sources/source-refusal.entity.js';
import { ProvisionedSegment } from './sync/provisioning/provisioned-segment.entity.js';
import { Reconciliation, ReconciliationMember } from './sync/reconciliation.entities.js';
import { UtmSchemaVersion } from './utm/utm-schema-version.entity.js';

/** The one list of entities; each is the shape of a row. */
const ENTITIES = [
  AnonymousClick,
  ApiKey,
  AuditEntry,
  Backfill,
  Catalogue,
  ClickClassSettingsRow,
  CleaningRow,
  Cta,
  DeadLetter,
  DecisionInput,
  DecisionPin,
  DecisionRecord,
  DestinationAccount,
  DestinationGate,
  DestinationRow,
  DownstreamCount,
  ErasedIdentifier,
  EventHistory,
  ImportBadLine,
  ImportRow,
  IdentityConflict,
  InstallationSecret,
  Journey,
  JourneyVersion,
  LinkBinding,
  LinkCheck,
  LinkClickBatch,
  LinkDomain,
  LinkRun,
  LinkRunLink,
  LinkOutcomeDue,
  LinkOutcomeHeard,
  LinkOutcomeTold,
  LinkReportChange,
  LinkReportDay,
  LinkReportWeek,
  LinkReportMonth,
  LinkReportMonthShare,
  LinkRevision,
  LinkShort,
  Membership,
  OutboxRow,
  Profile,
  ProfileEvent,
  ProfileIdentifier,
  ProvisionedSegment,
  Receipt,
  Reclassification,
  Reconciliation,
  ReconciliationMember,
  RemovedDestination,
  RulePreview,
  Segment,
  SegmentDraft,
  SegmentShadow,
  SegmentShadowLane,
  SegmentVersion,
  SourceRefusal,
  SourceFreshnessRow,
  SourceSilence,
  TrackedLink,
  Transition,
  UtmSchemaVersion,
  WaitingEvent,
  AwaitedAlias,
];

/** A connection pool of the service, not yet opened. `poolSize` in connections. */
export function createDataSource(url: string, poolSize = 10): DataSource {
  return new AuditedDataSource({ ...postgresOptions(url, poolSize), entities: ENTITIES });
}
