import { identifierKey, PERSONAL_KINDS, type Identifier } from './identifier.js';

/** A profile that exists, or the n-th new one of this plan, as a negative number. */
export type PlannedProfile = number;

/** What is known about the identifiers in question. */
export interface KnownIdentifiers {
  /** To whom each leads, by identifier key; null for an awaited one. */
  profiles: ReadonlyMap<string, number | null>;
  /** The ids of one person alone that those profiles have, so that strangers who share an address are told apart. */
  personal: ReadonlyMap<number, readonly Identifier[]>;
}

export interface BindingPlan {
  /** For each list of identifiers its profile; null where it must wait until its identifier is known. */
  profiles: (PlannedProfile | null)[];
  newProfiles: number;
  /** What is to be written, by identifier key; null binds nobody yet, but makes the identifier awaited. */
  bind: ReadonlyMap<string, { identifier: Identifier; profile: PlannedProfile | null }>;
}

/**
 * Which profile each list of identifiers leads to: that of its strongest known identifier, else a new one. Unknown ones
 * come to lead there, too; those that lead elsewhere are left alone. A shared address does not lead to somebody who has
 * another id of a kind that only one person has. A list that names nobody (an order id alone) makes no profile.
 */
export function planBindings(lists: readonly (readonly Identifier[])[], known: KnownIdentifiers): BindingPlan {
  const bind = new Map<string, { identifier: Identifier; profile: PlannedProfile | null }>();
  const personal = new Map<PlannedProfile, Identifier[]>([...known.personal].map(([id, held]) => [id, [...held]]));
  const profileOf = (identifier: Identifier): PlannedProfile | null => {
    const key = identifierKey(identifier);
    return bind.get(key)?.profile ?? known.profiles.get(key) ?? null;
  };
  const leadsTo = (one: Identifier, identifiers: readonly Identifier[]): PlannedProfile | null => {
    const profile = profileOf(one);
    if (profile === null || isPersonal(one)) return profile;
    return contradict(identifiers, personal.get(profile) ?? []) ? null : profile;
  };
  let newProfiles = 0;
  const profiles = lists.map((identifiers) => {
    const leading = identifiers.map((one) => leadsTo(one, identifiers)).find((profile) => profile !== null);
    const namesSomebody = identifiers.some((one) => one.kind !== 'shopify_order_id');
    const profile = leading ?? (namesSomebody ? -++newProfiles : null);
    for (const identifier of identifiers) {
      const key = identifierKey(identifier);
      const isNews = profile === null ? !known.profiles.has(key) : profileOf(identifier) === null;
      if (!isNews) continue;
      bind.set(key, { identifier, profile });
      if (profile !== null && isPersonal(identifier)) {
        personal.set(profile, [...(personal.get(profile) ?? []), identifier]);
      }
    }
    return profile;
  });
  return { profiles, newProfiles, bind };
}

function isPersonal({ kind }: Identifier): boolean {
  return PERSONAL_KINDS.includes(kind);
}

/** Whether the two have different ids of a kind that only one person has. */
function contradict(one: readonly Identifier[], other: readonly Identifier[]): boolean {
  return PERSONAL_KINDS.some((kind) => {
    const values = one.filter((identifier) => identifier.kind === kind).map((identifier) => identifier.value);
    const held = other.filter((identifier) => identifier.kind === kind).map((identifier) => identifier.value);
    return values.length > 0 && held.length > 0 && !values.some((value) => held.includes(value));
  });
}
