import { identifierKey, type Identifier } from './identifier.js';

/** A profile that exists, or the n-th new one of this plan, as a negative number. */
export type PlannedProfile = number;

export interface BindingPlan {
  /** For each list of identifiers its profile; null where it must wait until its identifier is known. */
  profiles: (PlannedProfile | null)[];
  newProfiles: number;
  /** What is to be written, by identifier key; null binds nobody yet, but makes the identifier awaited. */
  bind: ReadonlyMap<string, { identifier: Identifier; profile: PlannedProfile | null }>;
}

/**
 * Which profile each list of identifiers leads to: that of its strongest known identifier, else a new one. Unknown ones
 * come to lead there, too; those that lead elsewhere are left alone. A list that names nobody (an order id alone) makes
 * no profile.
 *
 * @param known what is bound already, by identifier key; null for an awaited one
 */
export function planBindings(
  lists: readonly (readonly Identifier[])[],
  known: ReadonlyMap<string, number | null>,
): BindingPlan {
  const bind = new Map<string, { identifier: Identifier; profile: PlannedProfile | null }>();
  const profileOf = (identifier: Identifier): PlannedProfile | null => {
    const key = identifierKey(identifier);
    return bind.get(key)?.profile ?? known.get(key) ?? null;
  };
  let newProfiles = 0;
  const profiles = lists.map((identifiers) => {
    const leading = identifiers.map(profileOf).find((profile) => profile !== null);
    const namesSomebody = identifiers.some((one) => one.kind !== 'shopify_order_id');
    const profile = leading ?? (namesSomebody ? -++newProfiles : null);
    for (const identifier of identifiers) {
      const key = identifierKey(identifier);
      const isNews = profile === null ? !known.has(key) : profileOf(identifier) === null;
      if (isNews) bind.set(key, { identifier, profile });
    }
    return profile;
  });
  return { profiles, newProfiles, bind };
}
