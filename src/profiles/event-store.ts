import { Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
import { instantArray, jsonArray, jsonArrayIn, plainArray, textArray } from '../platform/array-parameters.js';
import { answersOf, prepared, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { namedBy } from './aliases.js';
import { aboutSomebodyElse } from './about-somebody-else.js';
import { candidateOf, type Candidate } from './candidate-event.js';
import { ConflictStore, type Conflict } from './conflict-store.js';
import type { DueProfile } from './due-profile.js';
import { haveSameContent, nameTheSame } from './event-identity.js';
import { ErasedStore } from './erased-store.js';
import { identifierKey } from './identifier.js';
import { IdentifierStore, type KnownIdentifiers } from './identifier-store.js';
import type { IncomingEvent } from './incoming-event.js';
import type { FollowedMerge } from './merge-follower.js';
import { lockProfiles, ProfileOvertaken } from './profile-lock.js';
import { ProfileMerger } from './profile-merger.js';
import { holdDue, leaveDue, type ProfileNews } from './profile-timers.js';
import type { PlannedMerge } from './profile-union.js';
import { isReported } from './reported-events.js';
import { WaitingEventStore, type StoredEvent } from './waiting-event-store.js';

/** What became of an event: stored, known already, or refused for the caller to keep. */
export type EventOutcome = 'stored' | 'duplicate' | RefusalReason;

/** What became of a batch of incoming events. */
export interface Recorded {
  /** Of each, in order. */
  outcomes: EventOutcome[];
  /**
   * Those that have new events, locked. That they are due is not written yet, nor those that are new: whoever evaluates them
   * does that, or `leaveDue`. Merged ones are left due.
   */
  profiles: DueProfile[];
  merges: FollowedMerge[];
}

/** Another body under a known id, the same one about somebody else, older than the retention, about somebody erased. */
export type RefusalReason = 'conflicting_duplicate' | 'conflicting_person' | 'older_than_retention' | 'erased';

export interface Batch {
  events: readonly { source: string; event: IncomingEvent }[];
  receivedAt: Instant;
  retention: Milliseconds;
}

/** What became of profiles: those that have new events, and those that were merged. */
type Attached = Pick<Recorded, 'profiles' | 'merges'>;

/** The log of what happened, by profile: append-only, deduplicated by source and source event id. */
@Injectable()
export class EventStore {
  constructor(
    private readonly identifiers: IdentifierStore,
    private readonly waiting: WaitingEventStore,
    private readonly erased: ErasedStore,
    private readonly merger: ProfileMerger,
    private readonly conflicts: ConflictStore,
  ) {}

  /**
   * Stores a batch, whatever sources it is from: new facts go to their profiles, which are due at the instant the fact
   * happened (never before their last evaluation). Profiles and merges have to be followed up in this transaction. The
   * caller commits; only then is anything acknowledged.
   */
  async record(tx: Transaction, batch: Batch): Promise<Recorded> {
    const oldest = batch.receivedAt - batch.retention;
    const about = { receivedAt: batch.receivedAt, key: this.erased.madeHere };
    const candidates = batch.events.map(({ source, event }) => candidateOf(event, { source, ...about }));
    const recent = candidates.filter((one) => one.stored.occurredAt >= oldest);
    const firsts = distinct(recent);
    const [written, known] = await answersOf(
      this.writeReceipts(tx, firsts, batch.receivedAt),
      this.identifiers.knownAmong(
        tx,
        firsts.flatMap((one) => namedBy(one.incoming)),
      ),
    );
    const claimed = firsts.filter((one) => written.has(one.stored.id));
    const isClaimed = new Set(claimed);
    const digests = new Map(claimed.map((one) => [one.stored.id, one.digest]));
    const repeated = recent.filter((one) => !isClaimed.has(one));
    const comparable = await this.comparable(tx, repeated, digests);
    const { turnedAway, ...attached } = await this.attach(tx, claimed, known);
    const refused = await this.conflictsAmong(tx, comparable, digests);
    for (const one of candidates) if (one.stored.occurredAt < oldest) refused.set(one, 'older_than_retention');
    const erased = [...turnedAway, ...(await this.erasedAmong(tx, [...refused.keys()]))];
    for (const one of erased) refused.set(one, 'erased');
    return {
      outcomes: candidates.map((one) => refused.get(one) ?? (isClaimed.has(one) ? 'stored' : 'duplicate')),
      ...attached,
    };
  }

  /** Claims the ids of events; returns those that nobody had claimed. */
  private async writeReceipts(tx: Transaction, candidates: readonly Candidate[], at: Instant): Promise<Set<string>> {
    if (candidates.length === 0) return new Set();
    const rows = await prepared<{ event_id: string }>(
      tx,
      'write_receipts',
      `INSERT INTO receipts (lane, event_id, digest, received_at)
       SELECT *, $4::timestamptz FROM unnest($1::smallint[], $2::uuid[], $3::bytea[]) AS new (lane, event_id, digest)
        ORDER BY lane, event_id
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [
        plainArray(candidates.map((one) => laneOfText(one.stored.id))),
        plainArray(candidates.map((one) => one.stored.id)),
        candidates.map((one) => one.digest),
        new Date(at),
      ],
    );
    return new Set(rows.map((row) => row.event_id));
  }

  /** Those of the repeated ones that are to say the same; adds to `digests` what was stored earlier under their ids. */
  private async comparable(
    tx: Transaction,
    repeated: readonly Candidate[],
    digests: Map<string, Buffer>,
  ): Promise<Candidate[]> {
    const comparable = repeated.filter((one) => !one.incoming.isRestated);
    const earlier = comparable.map((one) => one.stored.id).filter((id) => !digests.has(id));
    if (earlier.length > 0) {
      const rows = await prepared<{ event_id: string; digest: Buffer }>(
        tx,
        'receipt_digests',
        `SELECT event_id, digest FROM receipts
          WHERE (lane, event_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))`,
        [earlier.map(laneOfText), earlier],
      );
      for (const row of rows) digests.set(row.event_id, row.digest);
    }
    return comparable;
  }

  /** Which of the repeated ones say something else than was stored under their id, or the same about somebody else. */
  private async conflictsAmong(
    tx: Transaction,
    repeated: readonly Candidate[],
    digests: ReadonlyMap<string, Buffer>,
  ): Promise<Map<Candidate, RefusalReason>> {
    const of = (one: Candidate): Buffer => digests.get(one.stored.id)!;
    const conflicts = new Map<Candidate, RefusalReason>();
    for (const one of repeated) if (!haveSameContent(of(one), one.digest)) conflicts.set(one, 'conflicting_duplicate');
    const doubtful = repeated.filter((one) => !conflicts.has(one) && !nameTheSame(of(one), one.digest));
    for (const one of await aboutSomebodyElse(tx, doubtful)) conflicts.set(one, 'conflicting_person');
    return conflicts;
  }

  /** Of what is refused anyhow, that which is about somebody who was erased: nothing of it may be kept. */
  private async erasedAmong(tx: Transaction, refused: readonly Candidate[]): Promise<Candidate[]> {
    if (refused.length === 0) return [];
    const erased = await this.erased.heldAmong(
      tx,
      refused.flatMap((one) => one.incoming.identifiers),
    );
    return refused.filter((one) =>
      one.incoming.identifiers.some((identifier) => erased.has(identifierKey(identifier))),
    );
  }

  /**
   * Gives new facts to their profiles, merging those that they show to be one; the profiles, the merges, and what was
   * turned away, being about somebody who was erased.
   */
  private async attach(
    tx: Transaction,
    fresh: readonly Candidate[],
    known: KnownIdentifiers,
  ): Promise<Attached & { turnedAway: Candidate[] }> {
    if (fresh.length === 0) return { profiles: [], merges: [], turnedAway: [] };
    const { profiles, made, arrived, merges, conflicts, erased, grown } = await this.identifiers.resolve(
      tx,
      fresh.map((one) => one.incoming),
      known,
    );
    const followed = merges.length > 0 ? await this.merge(tx, merges, { fresh, profiles }) : [];
    const waiting = fresh.filter((_, index) => profiles[index] === null && !erased.has(index));
    await this.waiting.park(
      tx,
      waiting.map((one) => ({ identifier: one.incoming.identifiers[0]!, event: one.stored })),
    );
    const attached = fresh.flatMap((one, index) => {
      const profileId = profiles[index];
      return typeof profileId === 'number' ? [{ profileId, event: one.stored }] : [];
    });
    for (const { identifier, profileId } of arrived) {
      const events = await this.waiting.unpark(tx, identifier);
      attached.push(...events.map((event) => ({ profileId, event })));
    }
    // In this order: an event's number is given once its profile is locked.
    const [due] = await answersOf(holdDue(tx, newsOf(attached), made), this.append(tx, attached));
    const joined = new Set(merges.map((one) => one.into));
    await leaveDue(
      tx,
      due.filter((one) => joined.has(one.id)),
    );
    if (!(await this.identifiers.areKnownBy(tx, grown))) throw new ProfileOvertaken();
    await this.noteConflicts(
      tx,
      conflicts.map((one) => ({ ...one, profileId: profiles[one.list]!, eventId: fresh[one.list]!.stored.id })),
    );
    return { profiles: due, merges: followed, turnedAway: fresh.filter((_, index) => erased.has(index)) };
  }

  /** But for those about somebody who has been erased since they were found. */
  private async noteConflicts(tx: Transaction, conflicts: readonly Conflict[]): Promise<void> {
    if (conflicts.length === 0) return;
    const identifiers = conflicts.map((one) => one.identifier);
    const erased = await this.erased.heldAmong(tx, identifiers);
    await this.conflicts.note(
      tx,
      conflicts.filter((one) => !erased.has(identifierKey(one.identifier))),
    );
  }

  /** All profiles of the batch are locked at once: whoever else is about to write to one of them waits. */
  private async merge(
    tx: Transaction,
    merges: readonly PlannedMerge[],
    { fresh, profiles }: { fresh: readonly Candidate[]; profiles: readonly (number | null)[] },
  ): Promise<FollowedMerge[]> {
    const others = profiles.filter((id) => id !== null);
    await lockProfiles(tx, [...others, ...merges.flatMap((one) => [one.merged, one.into])]);
    return this.merger.merge(
      tx,
      merges.map(({ merged, into, list, identifier }) => ({
        merged,
        into,
        eventId: fresh[list]!.stored.id,
        kind: identifier.kind,
      })),
    );
  }

  private async append(tx: Transaction, attached: readonly { profileId: number; event: StoredEvent }[]): Promise<void> {
    if (attached.length === 0) return;
    const column = <T>(read: (one: (typeof attached)[number]) => T): T[] => attached.map(read);
    await prepared(
      tx,
      'append_events',
      `INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
       SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[],
                            $7::timestamptz[], $8::boolean[], ${jsonArrayIn('$9')})`,
      [
        plainArray(column((one) => laneOfProfile(one.profileId))),
        plainArray(column((one) => one.profileId)),
        instantArray(column((one) => one.event.occurredAt)),
        plainArray(column((one) => one.event.id)),
        textArray(column((one) => one.event.name)),
        textArray(column((one) => one.event.source)),
        instantArray(column((one) => one.event.receivedAt)),
        plainArray(column((one) => one.event.isTimeCorrected)),
        jsonArray(column((one) => one.event.properties)),
      ],
    );
  }
}

function newsOf(attached: readonly { profileId: number; event: StoredEvent }[]): Map<number, ProfileNews> {
  const news = new Map<number, ProfileNews>();
  for (const { profileId, event } of attached) {
    const known = news.get(profileId);
    news.set(profileId, {
      firstAt: Math.min(event.occurredAt, known?.firstAt ?? Infinity),
      isReported: isReported(event.name) || (known?.isReported ?? false),
    });
  }
  return news;
}

/** The first of each id. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const one of candidates) if (!first.has(one.stored.id)) first.set(one.stored.id, one);
  return [...first.values()];
}
