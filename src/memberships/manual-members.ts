import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../core/instant.js';
import { nowWithDeclaredHeld } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { Nudger } from '../platform/nudger.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import { RETENTION_MS } from '../platform/retention.js';
import { EventStore } from '../profiles/event-store.js';
import { identifierKey, type Identifier } from '../profiles/identifier.js';
import { MergeFollower } from '../profiles/merge-follower.js';
import { leaveDue } from '../profiles/profile-timers.js';
import { MANUAL_MEMBERSHIP, MANUAL_SOURCE } from '../segments/manual-rule.js';

const AT_ONCE = 1_000;

/** Facts of membership count as long as events do; one that is older than this share of that is stated anew by an upload. */
const STATED_ANEW_AFTER = 0.1;

/** What an upload did. */
export interface ManualChange {
  added: number;
  removed: number;
  /** Were as they should be. */
  unchanged: number;
}

/** The last fact about a profile and a manual segment. */
interface Standing {
  isMember: boolean;
  at: Instant;
}

/** Takes people into manual segments and out of them: by facts in their histories, of which rules then judge. */
@Injectable()
export class ManualMembers {
  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly nudger: Nudger,
    private readonly mergeFollower: MergeFollower,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  /** Takes people in, or out; who is not known yet becomes known by being taken in. */
  async change(key: string, list: readonly Identifier[][], isMember: boolean): Promise<ManualChange> {
    const total: ManualChange = { added: 0, removed: 0, unchanged: 0 };
    for (let from = 0; from < list.length; from += AT_ONCE) {
      const chunk = list.slice(from, from + AT_ONCE);
      const changed = await this.write(key, isMember, (tx) => this.peopleIn(tx, chunk));
      total[isMember ? 'added' : 'removed'] += changed;
      total.unchanged += chunk.length - changed;
    }
    return total;
  }

  /** Takes these people in, and everybody else out. */
  async replace(key: string, list: readonly Identifier[][]): Promise<ManualChange> {
    const { added, unchanged } = await this.change(key, list, true);
    const kept = new Set<number>();
    for (let from = 0; from < list.length; from += AT_ONCE) {
      const people = await this.peopleIn(this.dataSource.manager, list.slice(from, from + AT_ONCE));
      for (const { profileId } of people) if (profileId !== undefined) kept.add(profileId);
    }
    const others = (await membersOf(this.dataSource.manager, key)).filter((id) => !kept.has(id));
    let removed = 0;
    for (let from = 0; from < others.length; from += AT_ONCE) {
      const chunk = others.slice(from, from + AT_ONCE);
      removed += await this.write(key, false, (tx) => identified(tx, chunk));
    }
    return { added, removed, unchanged };
  }

  /** States what is news about some people, or was said long ago, in one transaction; returns about how many it is news. */
  private async write(key: string, isMember: boolean, find: (tx: Transaction) => Promise<Person[]>): Promise<number> {
    const { lanes, changed, owedTo } = await repeatedTransaction(this.dataSource, async (tx) => {
      // Whoever is merged by it is evaluated by what is declared now.
      const at = await nowWithDeclaredHeld(tx);
      const people = await find(tx);
      const known = people.flatMap((one) => one.profileId ?? []);
      const standings = await standingsOf(tx, key, known);
      const stated = people.flatMap(({ profileId, identifiers }) => {
        const standing = profileId === undefined ? undefined : standings.get(profileId);
        const isNews = (standing?.isMember ?? false) !== isMember;
        if (!isNews && !(standing?.isMember && at - standing.at >= this.retention * STATED_ANEW_AFTER)) return [];
        // Never at one instant with the last: what came later could not be told.
        const fact = factOf(key, isMember, { identifiers, at: Math.max(at, (standing?.at ?? -Infinity) + 1) });
        return [{ isNews, fact }];
      });
      if (stated.length === 0) return { lanes: [], changed: 0, owedTo: [] };
      const events = stated.map(({ fact }) => ({ source: MANUAL_SOURCE, event: fact }));
      const batch = { events, receivedAt: at, retention: this.retention };
      const { profiles, merges, outcomes } = await this.events.record(tx, batch);
      await leaveDue(tx, profiles);
      return {
        lanes: profiles.map((profile) => profile.lane),
        changed: outcomes.filter((outcome, index) => outcome === 'stored' && stated[index]!.isNews).length,
        owedTo: await this.mergeFollower.follow(tx, merges),
      };
    });
    this.nudger.evaluate(lanes);
    if (owedTo.length > 0) this.nudger.deliver(owedTo);
    return changed;
  }

  /** One entry for each person in a list, however often they stand in it. */
  private async peopleIn(tx: Transaction, list: readonly Identifier[][]): Promise<Person[]> {
    const flat = list.flat();
    const rows = await query<{ key: string; id: string }>(
      tx,
      `SELECT kind || ':' || value AS key, profile_id AS id FROM identifiers
        WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[]))
          AND profile_id IS NOT NULL`,
      [flat.map((one) => laneOfText(identifierKey(one))), flat.map((one) => one.kind), flat.map((one) => one.value)],
    );
    const known = new Map(rows.map((row) => [row.key, Number(row.id)]));
    const people = new Map<string, Person>();
    for (const identifiers of list) {
      const profileId = identifiers.map((one) => known.get(identifierKey(one))).find((id) => id !== undefined);
      people.set(profileId === undefined ? identifierKey(identifiers[0]!) : String(profileId), {
        profileId,
        identifiers,
      });
    }
    return [...people.values()];
  }
}

interface Person {
  profileId: number | undefined;
  identifiers: Identifier[];
}

function factOf(key: string, isMember: boolean, { identifiers, at }: { identifiers: Identifier[]; at: Instant }) {
  const properties = { segment: key, is_member: isMember };
  return { sourceEventId: randomUUID(), name: MANUAL_MEMBERSHIP, occurredAt: at, identifiers, properties };
}

/** The last fact about each of some profiles. */
async function standingsOf(tx: Transaction, key: string, profiles: readonly number[]): Promise<Map<number, Standing>> {
  const rows = await query<{ id: string; isMember: boolean; at: Date }>(
    tx,
    `SELECT DISTINCT ON (profile_id) profile_id AS id, properties -> 'is_member' = 'true' AS "isMember", occurred_at AS at
       FROM events
      WHERE lane = ANY($1::smallint[]) AND profile_id = ANY($2::bigint[]) AND name = $3
        AND properties ->> 'segment' = $4
      ORDER BY profile_id, occurred_at DESC, id DESC`,
    [[...new Set(profiles.map(laneOfProfile))], profiles, MANUAL_MEMBERSHIP, key],
  );
  return new Map(rows.map((row) => [Number(row.id), { isMember: row.isMember, at: row.at.getTime() }]));
}

/** Members as last evaluated. */
async function membersOf(tx: Transaction, key: string): Promise<number[]> {
  const rows = await query<{ id: string }>(
    tx,
    `SELECT profile_id AS id FROM memberships WHERE segment_id = (SELECT id FROM segments WHERE key = $1) AND is_member`,
    [key],
  );
  return rows.map((row) => Number(row.id));
}

/** Profiles with an identifier that leads to them. */
async function identified(tx: Transaction, profiles: readonly number[]): Promise<Person[]> {
  const rows = await query<{ id: string; kind: Identifier['kind']; value: string }>(
    tx,
    `SELECT DISTINCT ON (profile_id) profile_id AS id, kind, value FROM identifiers
      WHERE profile_id = ANY($1::bigint[]) ORDER BY profile_id, kind = 'shopify_order_id', created_at`,
    [profiles],
  );
  return rows.map(({ id, kind, value }) => ({ profileId: Number(id), identifiers: [{ kind, value }] }));
}
