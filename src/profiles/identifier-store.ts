import { Inject, Injectable } from '@nestjs/common';
import { now } from '../platform/clock.js';
import { answersOf, prepared, preparedRows, query, type Transaction } from '../platform/database.js';
import { AliasStore } from './alias-store.js';
import { customersAwaited, namedBy, withAliases, type Alias, type Named } from './aliases.js';
import { ConflictStore } from './conflict-store.js';
import { ErasedStore } from './erased-store.js';
import { IDENTIFIER_KINDS, identifierKey, type Identifier, type IdentifierKind } from './identifier.js';
import { columnsOf, distinctOf, writeBindings, type BindingRow } from './identifier-rows.js';
import { IDENTITY_RULES, isCounted, type IdentityRules } from './identity-rules.js';
import { ProfileOvertaken } from './profile-lock.js';
import { planBindings, type BindingPlan, type KeptApart, type PlannedConflict } from './plan-bindings.js';
import type { PlannedMerge } from './profile-union.js';

/** To whom lists of identifiers lead, and what that settled. */
export interface Resolution {
  /** Profile id for each list; null where it is turned away, or waits for its identifier. */
  profiles: (number | null)[];
  /** Profiles that were made for them: nobody knows these before the transaction commits. */
  made: ReadonlySet<number>;
  /** Lists about somebody who was erased, by their index. */
  erased: ReadonlySet<number>;
  /** Identifiers that were awaited and now lead to a profile. */
  arrived: { identifier: Identifier; profileId: number }[];
  /** Profiles that turned out to be the same person's, still to be merged, and what was rather left apart. */
  merges: PlannedMerge[];
  conflicts: PlannedConflict[];
  /** What the profiles that this changed are taken to be known by, to be checked once they are locked. */
  grown: ReadonlyMap<number, readonly Identifier[]>;
}

/** To whom identifiers lead, by key; null where one is awaited. */
export type KnownIdentifiers = ReadonlyMap<string, number | null>;

const MOST_TRIES = 20;

const NEW_IDS = `SELECT nextval('profile_ids') AS id FROM generate_series(1, $1::int)`;

/** By its place among those that are asked about. */
type KnownRow = [place: number, profileId: number | null];

const KNOWN = `
  SELECT place, profile_id FROM unnest($1::smallint[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (l, k, v, place),
         -- One by one by their keys: joined in one go, all identifiers may be read.
         LATERAL (SELECT profile_id FROM identifiers WHERE lane = l AND kind = k AND value = v LIMIT 1) AS known`;

/** The identifiers that lead to profiles. */
@Injectable()
export class IdentifierStore {
  private readonly countedKinds: readonly IdentifierKind[];

  constructor(
    private readonly erased: ErasedStore,
    private readonly aliases: AliasStore,
    private readonly conflicts: ConflictStore,
    @Inject(IDENTITY_RULES) private readonly rules: IdentityRules,
  ) {
    this.countedKinds = IDENTIFIER_KINDS.filter((kind) => isCounted(rules, kind));
  }

  /** The profile that the first known of the identifiers leads to. */
  async find(tx: Transaction, identifiers: readonly Identifier[]): Promise<number | undefined> {
    const known = await this.knownAmong(tx, identifiers);
    return identifiers.map((one) => known.get(identifierKey(one))).find((profile) => typeof profile === 'number');
  }

  /** As {@link find}, for many lists at once, in their order. */
  async findAll(tx: Transaction, lists: readonly (readonly Identifier[])[]): Promise<(number | undefined)[]> {
    const known = await this.knownAmong(tx, lists.flat());
    const profileOf = (one: Identifier): number | undefined => known.get(identifierKey(one)) ?? undefined;
    return lists.map((list) => list.map(profileOf).find((profile) => profile !== undefined));
  }

  /** Everything that leads to a profile, oldest first. */
  async ofProfile(tx: Transaction, profileId: number): Promise<Identifier[]> {
    return query<Identifier>(
      tx,
      'SELECT kind, value FROM identifiers WHERE profile_id = $1 ORDER BY created_at, kind, value',
      [profileId],
    );
  }

  /** One identifier of each kind that leads to a profile, by kind: of several the oldest, by which others have known it longest. */
  async addressOf(tx: Transaction, profileId: number): Promise<Record<string, string>> {
    const identifiers = await this.ofProfile(tx, profileId);
    return Object.fromEntries(identifiers.reverse().map(({ kind, value }) => [kind, value]));
  }

  /**
   * Whether locked profiles are known by what a plan took them to be known by: somebody else may have given one of them an
   * id that makes it a stranger.
   */
  async areKnownBy(tx: Transaction, expected: ReadonlyMap<number, readonly Identifier[]>): Promise<boolean> {
    if (expected.size === 0) return true;
    const held = await this.countedOf(tx, [...expected.keys()]);
    return [...expected].every(([id, identifiers]) => {
      const counted = identifiers.filter(({ kind }) => isCounted(this.rules, kind)).map(identifierKey);
      const now = new Set(held.get(id)?.map(identifierKey));
      return now.size === new Set(counted).size && counted.every((key) => now.has(key));
    });
  }

  /** Makes a profile unknown: nothing leads to it any more. */
  async forget(tx: Transaction, profileId: number): Promise<void> {
    await query(tx, 'DELETE FROM identifiers WHERE profile_id = $1', [profileId]);
  }

  /**
   * The profile for each list of identifiers, made if need be, with every unknown identifier bound to it. Whoever binds
   * an identifier first wins; a transaction that finds itself overtaken looks again and follows. `asKnown` is what was
   * known of them and of their former ids in this transaction.
   */
  async resolve(tx: Transaction, named: readonly Named[], asKnown: KnownIdentifiers): Promise<Resolution> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const asked = attempt === 0 ? asKnown : await this.knownAmong(tx, named.flatMap(namedBy));
      const owners = await this.aliases.ownersOf(tx, customersAwaited(named, asked));
      const known = owners.size === 0 ? asked : await this.knownToo(tx, asked, [...owners.values()].flat());
      const { lists, waiting } = withAliases(named, known, owners);
      const former = waiting.map((one) => one.former);
      const erased = await this.erasedAmong(tx, [...lists.flat(), ...former], known);
      const { held, apart } = await this.standing(tx, lists, known);
      const plan = planBindings(lists, { profiles: known, held, erased, apart }, this.rules, former);
      const resolution = await this.bind(tx, plan);
      const aliases = waiting.filter((one) => isToWait(one, plan, erased));
      const awaited = lists.filter((_, index) => plan.profiles[index] === null && !plan.erased.has(index)).flat();
      if (resolution && (await this.holdAwaited(tx, [...awaited, ...aliases.map((one) => one.former)]))) {
        await this.aliases.note(tx, aliases);
        await this.takeArrived(tx, resolution, owners);
        return resolution;
      }
    }
    throw new Error(`Identifiers were bound by others ${MOST_TRIES} times while this transaction tried to.`);
  }

  private async knownToo(
    tx: Transaction,
    known: KnownIdentifiers,
    others: readonly Identifier[],
  ): Promise<KnownIdentifiers> {
    return new Map([...known, ...(await this.knownAmong(tx, others))]);
  }

  /** Aliases of those who have come are done with. One that was told meanwhile has to be heard, too: from the beginning. */
  private async takeArrived(
    tx: Transaction,
    { arrived }: Resolution,
    heard: ReadonlyMap<string, readonly Identifier[]>,
  ): Promise<void> {
    const customers = arrived.map((one) => one.identifier).filter((one) => one.kind === 'customer_id');
    for (const [value, owners] of await this.aliases.take(tx, customers)) {
      if (owners.length > (heard.get(value)?.length ?? 0)) throw new ProfileOvertaken();
    }
  }

  /**
   * Locks the identifiers that nobody is known by yet, so that whoever binds one later sees what waits for it. False when
   * one was bound meanwhile, or is awaited no longer.
   */
  private async holdAwaited(tx: Transaction, identifiers: readonly Identifier[]): Promise<boolean> {
    const awaited = distinctOf(identifiers);
    if (awaited.length === 0) return true;
    const rows = await query<BindingRow>(
      tx,
      `SELECT kind, value, profile_id FROM identifiers
        WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[]))
        ORDER BY lane, kind, value FOR UPDATE`,
      columnsOf(awaited),
    );
    return rows.length === awaited.length && rows.every((row) => row.profile_id === null);
  }

  /**
   * Those of somebody who was erased. Asked after the others: who is erased in between is seen as known, and found to have
   * ended as soon as the profile is to be locked.
   */
  private async erasedAmong(
    tx: Transaction,
    identifiers: readonly Identifier[],
    known: KnownIdentifiers,
  ): Promise<Set<string>> {
    const nobodys = distinctOf(identifiers).filter((one) => typeof known.get(identifierKey(one)) !== 'number');
    return nobodys.length === 0 ? new Set() : this.erased.among(tx, nobodys);
  }

  /** To whom identifiers lead. */
  async knownAmong(tx: Transaction, identifiers: readonly Identifier[]): Promise<KnownIdentifiers> {
    if (identifiers.length === 0) return new Map();
    const asked = distinctOf(identifiers);
    const rows = await preparedRows<KnownRow>(tx, 'known_identifiers', KNOWN, columnsOf(asked));
    return new Map(rows.map(([place, profileId]) => [identifierKey(asked[place - 1]!), profileId]));
  }

  /**
   * The ids that tell strangers apart, and what is to be kept apart, of the profiles that something might be joined with;
   * asked for only then.
   */
  private async standing(
    tx: Transaction,
    lists: readonly (readonly Identifier[])[],
    known: KnownIdentifiers,
  ): Promise<{ held: Map<number, Identifier[]>; apart: KeptApart[] }> {
    const led = lists.map((list) => ledTo(list, known)).flatMap((all) => (all.size > 1 ? [...all] : []));
    const ids = [...new Set(led)].filter((id) => id !== null);
    if (ids.length === 0) return { held: new Map(), apart: [] };
    const [held, apart] = await answersOf(this.countedOf(tx, ids), this.conflicts.apartFrom(tx, ids));
    return { held, apart };
  }

  /** The ids that tell strangers apart, by profile. */
  private async countedOf(tx: Transaction, ids: readonly number[]): Promise<Map<number, Identifier[]>> {
    const held = new Map<number, Identifier[]>();
    const rows = await query<BindingRow>(
      tx,
      'SELECT kind, value, profile_id FROM identifiers WHERE profile_id = ANY($1::bigint[]) AND kind = ANY($2::text[])',
      [ids, this.countedKinds],
    );
    for (const { kind, value, profile_id: id } of rows) {
      held.set(Number(id), [...(held.get(Number(id)) ?? []), { kind, value }]);
    }
    return held;
  }

  /**
   * Writes a plan; undefined, and nothing written, when somebody else bound one of the identifiers first, or was erased who
   * had one of them.
   */
  private async bind(tx: Transaction, plan: BindingPlan): Promise<Resolution | undefined> {
    if (plan.bind.size === 0) return { ...plan, made: new Set(), arrived: [] };
    const [ids, at] = await answersOf(
      prepared<{ id: string }>(tx, 'new_profile_ids', NEW_IDS, [plan.newProfiles]),
      now(tx),
      prepared(tx, 'savepoint_bind_identifiers', 'SAVEPOINT bind_identifiers', []),
    );
    const idOf = (profile: number | null): number | null =>
      profile !== null && profile < 0 ? Number(ids[-profile - 1]!.id) : profile;
    const entries = [...plan.bind.values()].map(({ identifier, profile }) => ({
      identifier,
      profileId: idOf(profile),
    }));

    // Somebody else may have been first, and may have been erased since: that can be seen once these are written.
    const [written, erased] = await answersOf(
      writeBindings(tx, entries, at),
      this.erased.among(
        tx,
        entries.map((entry) => entry.identifier),
      ),
    );
    if (written.length < entries.length || erased.size > 0) {
      await query(tx, 'ROLLBACK TO SAVEPOINT bind_identifiers');
      return undefined;
    }
    const awaited = new Set(written.filter((row) => row.was_awaited).map(identifierKey));
    return {
      profiles: plan.profiles.map(idOf),
      made: new Set(ids.map(({ id }) => Number(id))),
      erased: plan.erased,
      merges: plan.merges,
      grown: plan.grown,
      conflicts: plan.conflicts.map((one) => ({ ...one, other: idOf(one.other) })),
      arrived: entries.filter(
        (entry): entry is Resolution['arrived'][number] =>
          entry.profileId !== null && awaited.has(identifierKey(entry.identifier)),
      ),
    };
  }
}

/** Nothing is kept about who was erased. */
function isToWait({ former, list }: Alias, plan: BindingPlan, erased: ReadonlySet<string>): boolean {
  return plan.profiles[list] !== null && !erased.has(identifierKey(former));
}

/** To whom the identifiers of a list lead; null among them where one leads to nobody yet. */
function ledTo(list: readonly Identifier[], known: KnownIdentifiers): Set<number | null> {
  return new Set(list.map((one) => known.get(identifierKey(one)) ?? null));
}
