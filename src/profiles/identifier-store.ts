import { Injectable } from '@nestjs/common';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { identifierKey, PERSONAL_KINDS, type Identifier, type IdentifierKind } from './identifier.js';
import { planBindings, type BindingPlan } from './plan-bindings.js';

/** To whom lists of identifiers lead, and what that settled. */
export interface Resolution {
  /** Profile id for each list; null where it waits for its identifier. */
  profiles: (number | null)[];
  /** Identifiers that were awaited and now lead to a profile. */
  arrived: { identifier: Identifier; profileId: number }[];
}

interface BindingRow {
  kind: IdentifierKind;
  value: string;
  profile_id: string | null;
}

const MOST_TRIES = 20;

/** The identifiers that lead to profiles. */
@Injectable()
export class IdentifierStore {
  /** The profile that the first known of the identifiers leads to. */
  async find(tx: Transaction, identifiers: readonly Identifier[]): Promise<number | undefined> {
    const known = await this.known(tx, identifiers);
    return identifiers.map((one) => known.get(identifierKey(one))).find((profile) => typeof profile === 'number');
  }

  /** Everything that leads to a profile, oldest first. */
  async ofProfile(tx: Transaction, profileId: number): Promise<Identifier[]> {
    return query<Identifier>(
      tx,
      'SELECT kind, value FROM identifiers WHERE profile_id = $1 ORDER BY created_at, kind, value',
      [profileId],
    );
  }

  /**
   * The profile for each list of identifiers, made if need be, with every unknown identifier bound to it. Whoever binds
   * an identifier first wins; a transaction that finds itself overtaken looks again and follows.
   */
  async resolve(tx: Transaction, lists: readonly (readonly Identifier[])[]): Promise<Resolution> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const known = await this.known(tx, lists.flat());
      const plan = planBindings(lists, { profiles: known, personal: await this.personal(tx, lists, known) });
      const resolution = await this.bind(tx, plan, known);
      if (resolution && (await this.holdAwaited(tx, lists, resolution.profiles))) return resolution;
    }
    throw new Error(`Identifiers were bound by others ${MOST_TRIES} times while this transaction tried to.`);
  }

  /**
   * Locks the identifiers that nobody is known by yet, so that whoever binds one later sees what waits for it. False when
   * one was bound meanwhile.
   */
  private async holdAwaited(
    tx: Transaction,
    lists: readonly (readonly Identifier[])[],
    profiles: readonly (number | null)[],
  ): Promise<boolean> {
    const awaited = distinctOf(lists.filter((_, index) => profiles[index] === null).flat());
    if (awaited.length === 0) return true;
    const rows = await query<BindingRow>(
      tx,
      `SELECT kind, value, profile_id FROM identifiers
        WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[]))
        ORDER BY lane, kind, value FOR UPDATE`,
      columnsOf(awaited),
    );
    return rows.every((row) => row.profile_id === null);
  }

  private async known(tx: Transaction, identifiers: readonly Identifier[]): Promise<Map<string, number | null>> {
    const distinct = distinctOf(identifiers);
    const rows = await query<BindingRow>(
      tx,
      `SELECT kind, value, profile_id FROM identifiers
        WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[]))`,
      columnsOf(distinct),
    );
    return new Map(rows.map((row) => [identifierKey(row), row.profile_id === null ? null : Number(row.profile_id)]));
  }

  /** The personal ids of the profiles that might be followed to by a shared one; asked for only where that matters. */
  private async personal(
    tx: Transaction,
    lists: readonly (readonly Identifier[])[],
    known: ReadonlyMap<string, number | null>,
  ): Promise<Map<number, Identifier[]>> {
    const doubtful = lists.filter((list) => list.some((one) => isUnknownPersonal(one, known))).flat();
    const ids = [...new Set(doubtful.map((one) => known.get(identifierKey(one))))].filter(
      (id) => typeof id === 'number',
    );
    const held = new Map<number, Identifier[]>();
    if (ids.length === 0) return held;
    const rows = await query<BindingRow>(
      tx,
      'SELECT kind, value, profile_id FROM identifiers WHERE profile_id = ANY($1::bigint[]) AND kind = ANY($2::text[])',
      [ids, PERSONAL_KINDS],
    );
    for (const { kind, value, profile_id: id } of rows) {
      held.set(Number(id), [...(held.get(Number(id)) ?? []), { kind, value }]);
    }
    return held;
  }

  /** Writes a plan; undefined, and nothing written, when somebody else bound one of the identifiers first. */
  private async bind(
    tx: Transaction,
    plan: BindingPlan,
    known: ReadonlyMap<string, number | null>,
  ): Promise<Resolution | undefined> {
    if (plan.bind.size === 0) return { profiles: plan.profiles, arrived: [] };
    const ids = await query<{ id: string }>(tx, `SELECT nextval('profile_ids') AS id FROM generate_series(1, $1)`, [
      plan.newProfiles,
    ]);
    const idOf = (profile: number | null): number | null =>
      profile !== null && profile < 0 ? Number(ids[-profile - 1]!.id) : profile;
    const entries = [...plan.bind.values()].map(({ identifier, profile }) => ({
      identifier,
      profileId: idOf(profile),
    }));

    await query(tx, 'SAVEPOINT bind_identifiers');
    const written = await this.write(tx, entries);
    if (written < entries.length) {
      await query(tx, 'ROLLBACK TO SAVEPOINT bind_identifiers');
      return undefined;
    }
    await query(tx, 'RELEASE SAVEPOINT bind_identifiers');
    return {
      profiles: plan.profiles.map(idOf),
      arrived: entries.filter(
        (entry): entry is Resolution['arrived'][number] =>
          entry.profileId !== null && known.has(identifierKey(entry.identifier)),
      ),
    };
  }

  /** In order of key, so that concurrent transactions never wait for each other in a circle. Returns the rows written. */
  private async write(
    tx: Transaction,
    entries: readonly { identifier: Identifier; profileId: number | null }[],
  ): Promise<number> {
    const at = new Date(await now(tx));
    const rows = await query(
      tx,
      `INSERT INTO identifiers AS known (lane, kind, value, profile_lane, profile_id, created_at)
       SELECT *, $6::timestamptz FROM unnest($1::smallint[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
           AS new (lane, kind, value, profile_lane, profile_id)
        ORDER BY lane, kind, value
       ON CONFLICT (lane, kind, value) DO UPDATE
          SET profile_lane = excluded.profile_lane, profile_id = excluded.profile_id
        WHERE known.profile_id IS NULL AND excluded.profile_id IS NOT NULL
       RETURNING lane`,
      [
        ...columnsOf(entries.map((entry) => entry.identifier)),
        entries.map((entry) => (entry.profileId === null ? null : laneOfProfile(entry.profileId))),
        entries.map((entry) => entry.profileId),
        at,
      ],
    );
    return rows.length;
  }
}

function isUnknownPersonal(identifier: Identifier, known: ReadonlyMap<string, number | null>): boolean {
  return PERSONAL_KINDS.includes(identifier.kind) && !known.has(identifierKey(identifier));
}

function distinctOf(identifiers: readonly Identifier[]): Identifier[] {
  return [...new Map(identifiers.map((one) => [identifierKey(one), one])).values()];
}

/** Lanes, kinds and values, as three arrays for `unnest`. */
function columnsOf(identifiers: readonly Identifier[]): [number[], string[], string[]] {
  return [
    identifiers.map((one) => laneOfText(identifierKey(one))),
    identifiers.map((one) => one.kind),
    identifiers.map((one) => one.value),
  ];
}
