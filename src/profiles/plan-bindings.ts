import { identifierKey, type Identifier } from './identifier.js';
import { byStrength, contradict, isCounted, type IdentityRules } from './identity-rules.js';
import { ProfileUnion, type PlannedMerge, type PlannedProfile } from './profile-union.js';

/** What is known about the identifiers in question. */
export interface KnownIdentifiers {
  /** To whom each leads, by identifier key; null for an awaited one. */
  profiles: ReadonlyMap<string, number | null>;
  /** What leads to those profiles, so that strangers who share an address are told apart. */
  held: ReadonlyMap<number, readonly Identifier[]>;
  /** Those of somebody who was erased, by key. */
  erased: ReadonlySet<string>;
  /** What is not to be joined with those profiles. */
  apart: readonly KeptApart[];
}

/** A profile and an identifier of which somebody has said that it is not theirs. */
export interface KeptApart {
  profile: number;
  /** Of the identifier. */
  key: string;
  /** Whose it is: they are different people; null: nobody's. */
  owner: number | null;
}

/** Why an identifier of a list was not joined with the rest of it. */
export type ConflictReason = 'contradiction' | 'too_many_ids' | 'kind_may_not_merge' | 'kept_apart';

export interface PlannedConflict {
  list: number;
  identifier: Identifier;
  /** To whom the identifier leads instead; null: to nobody. */
  other: PlannedProfile | null;
  reason: ConflictReason;
}

export interface BindingPlan {
  /** For each list of identifiers its profile; null where it is turned away, or waits until its identifier is known. */
  profiles: (PlannedProfile | null)[];
  /** Lists about somebody who was erased, by their index. */
  erased: ReadonlySet<number>;
  newProfiles: number;
  /** What is to be written, by identifier key; null binds nobody yet, but makes the identifier awaited. */
  bind: ReadonlyMap<string, { identifier: Identifier; profile: PlannedProfile | null }>;
  merges: PlannedMerge[];
  conflicts: PlannedConflict[];
  /** What the plan takes the profiles that it changes to be known by; it is void if somebody else changed that meanwhile. */
  grown: ReadonlyMap<number, readonly Identifier[]>;
}

/**
 * Which profile each list of identifiers leads to: that of its strongest known identifier, else a new one. Unknown ones
 * come to lead there, too; those that lead elsewhere make the two profiles one. Neither happens where it would join
 * strangers: the identifier stays as it is, and that is noted. A list that names nobody (an order id alone) makes no
 * profile. One whose strongest known identifier is of somebody who was erased is turned away. The `former` ids bind nobody,
 * but are awaited.
 */
export function planBindings(
  lists: readonly (readonly Identifier[])[],
  known: KnownIdentifiers,
  rules: IdentityRules,
  former: readonly Identifier[] = [],
): BindingPlan {
  const planner = new Planner(known, rules);
  const profiles = lists.map((identifiers, index) => planner.place(byStrength(rules, identifiers), index));
  for (const one of former) planner.await(one);
  return planner.planFor(profiles);
}

class Planner {
  private readonly union: ProfileUnion;
  private readonly bound = new Map<string, { identifier: Identifier; profile: PlannedProfile | null }>();
  private readonly conflicts: PlannedConflict[] = [];
  private readonly erased = new Set<number>();
  private newProfiles = 0;

  constructor(
    private readonly known: KnownIdentifiers,
    private readonly rules: IdentityRules,
  ) {
    this.union = new ProfileUnion(known.held);
  }

  planFor(profiles: readonly (PlannedProfile | null)[]): BindingPlan {
    const rootOf = (profile: PlannedProfile | null) => (profile === null ? null : this.union.rootOf(profile));
    return {
      profiles: profiles.map(rootOf),
      erased: this.erased,
      newProfiles: this.newProfiles,
      bind: new Map([...this.bound].map(([key, one]) => [key, { ...one, profile: rootOf(one.profile) }])),
      merges: this.union.merges(),
      grown: this.union.grown(),
      conflicts: this.conflicts
        .map((one) => ({ ...one, other: rootOf(one.other) }))
        .filter((one) => one.other === null || one.other !== rootOf(profiles[one.list]!)),
    };
  }

  /** The profile of a list, strongest identifier first. */
  place(list: readonly Identifier[], index: number): PlannedProfile | null {
    const leading = list.find((one) => this.isErased(one) || this.leads(one, list));
    if (leading && this.isErased(leading)) {
      this.erased.add(index);
      return null;
    }
    const namesSomebody = list.some((one) => one.kind !== 'shopify_order_id');
    const profile = leading ? this.profileOf(leading)! : namesSomebody ? -++this.newProfiles : null;
    if (profile === null) {
      for (const one of list) this.await(one);
      return null;
    }
    for (const one of list) {
      if (this.profileOf(one) === null && !this.isErased(one)) this.bindTo(profile, one, list, index);
    }
    for (const one of list) this.join(profile, one, { list, index, leading: leading ?? list[0]! });
    return profile;
  }

  private isErased(identifier: Identifier): boolean {
    return this.known.erased.has(identifierKey(identifier));
  }

  private leads(identifier: Identifier, list: readonly Identifier[]): boolean {
    return this.profileOf(identifier) !== null && this.whyNotFollow(identifier, list) === undefined;
  }

  private profileOf(identifier: Identifier): PlannedProfile | null {
    const key = identifierKey(identifier);
    const profile = this.bound.get(key)?.profile ?? this.known.profiles.get(key) ?? null;
    return profile === null ? null : this.union.rootOf(profile);
  }

  /** Why a list is not about the one to whom its identifier leads, if it isn't: stronger ids say that it is a stranger. */
  private whyNotFollow(identifier: Identifier, list: readonly Identifier[]): ConflictReason | undefined {
    const held = this.union.heldBy(this.profileOf(identifier)!);
    const isSingle = this.rules.singleKinds.includes(identifier.kind);
    const stronger = isSingle ? list.slice(0, list.indexOf(identifier)) : list;
    if (contradict(this.rules, stronger, held, list)) return 'contradiction';
    const added = stronger.filter((one) => this.rules.singleKinds.includes(one.kind) && this.profileOf(one) === null);
    return added.length > 0 && this.isTooMuch(held, added) ? 'too_many_ids' : undefined;
  }

  private bindTo(profile: PlannedProfile, identifier: Identifier, list: readonly Identifier[], index: number): void {
    const reason = this.whyNotBind(profile, identifier, list);
    if (reason) {
      this.conflicts.push({ list: index, identifier, other: null, reason });
      return;
    }
    this.bound.set(identifierKey(identifier), { identifier, profile });
    this.union.add(profile, identifier);
  }

  private whyNotBind(
    profile: PlannedProfile,
    identifier: Identifier,
    list: readonly Identifier[],
  ): ConflictReason | undefined {
    const key = identifierKey(identifier);
    if (this.known.apart.some((one) => one.key === key && this.union.rootOf(one.profile) === profile)) {
      return 'kept_apart';
    }
    const held = this.union.heldBy(profile);
    if (contradict(this.rules, [identifier], held, list)) return 'contradiction';
    return isCounted(this.rules, identifier.kind) && this.isTooMuch(held, [identifier]) ? 'too_many_ids' : undefined;
  }

  private areKeptApart(profile: PlannedProfile, other: PlannedProfile): boolean {
    return this.known.apart.some(({ profile: one, owner }) => {
      const pair = owner === null ? [] : [this.union.rootOf(one), this.union.rootOf(owner)];
      return pair.includes(this.union.rootOf(profile)) && pair.includes(this.union.rootOf(other));
    });
  }

  /** Makes the profile that an identifier leads to one with the list's, unless they are strangers. */
  private join(
    profile: PlannedProfile,
    identifier: Identifier,
    { list, index, leading }: { list: readonly Identifier[]; index: number; leading: Identifier },
  ): void {
    const other = this.profileOf(identifier);
    if (other === null || other === this.union.rootOf(profile)) return;
    const reason = this.whyNotMerge(profile, other, [leading, identifier], list);
    if (reason) this.conflicts.push({ list: index, identifier, other, reason });
    else this.union.join(profile, other, { list: index, identifier });
  }

  private whyNotMerge(
    profile: PlannedProfile,
    other: PlannedProfile,
    through: readonly Identifier[],
    list: readonly Identifier[],
  ): ConflictReason | undefined {
    if (this.areKeptApart(profile, other)) return 'kept_apart';
    const [held, others] = [this.union.heldBy(profile), this.union.heldBy(other)];
    if (contradict(this.rules, held, others, list)) return 'contradiction';
    if (through.some((one) => !this.rules.mergingKinds.includes(one.kind))) return 'kind_may_not_merge';
    return this.isTooMuch(held, others) ? 'too_many_ids' : undefined;
  }

  private isTooMuch(held: readonly Identifier[], added: readonly Identifier[]): boolean {
    const counted = [...held, ...added].filter((one) => isCounted(this.rules, one.kind));
    return counted.length > this.rules.mostIds;
  }

  await(identifier: Identifier): void {
    const key = identifierKey(identifier);
    if (this.isErased(identifier)) return;
    if (!this.known.profiles.has(key) && !this.bound.has(key)) this.bound.set(key, { identifier, profile: null });
  }
}
