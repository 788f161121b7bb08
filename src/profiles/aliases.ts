import { identifierKey, type Identifier } from './identifier.js';

/** Whom an event names. */
export interface Named {
  /** Strongest evidence first; never empty. */
  identifiers: readonly Identifier[];
  /** A `customer_id` that may once have been theirs: it is, if ever a customer has it. */
  formerId?: Identifier;
}

/** All identifiers that an event names. */
export function namedBy({ identifiers, formerId }: Named): readonly Identifier[] {
  return formerId ? [...identifiers, formerId] : identifiers;
}

/** A former id that no customer has had yet, and whose it is. */
export interface Alias {
  former: Identifier;
  owner: Identifier;
  /** The list that says so, by its index. */
  list: number;
}

/** The customer ids that somebody is known by from now on, and for which aliases may be waiting. */
export function customersAwaited(
  named: readonly Named[],
  known: ReadonlyMap<string, number | null>,
): readonly Identifier[] {
  return named
    .flatMap((one) => one.identifiers)
    .filter((one) => one.kind === 'customer_id' && known.get(identifierKey(one)) === null);
}

/**
 * What each list names with what aliases add: a former id that a customer has, and the owners of a customer's id that was
 * another's former one. Apart from these the aliases that are still to wait.
 */
export function withAliases(
  named: readonly Named[],
  known: ReadonlyMap<string, number | null>,
  ownersOf: ReadonlyMap<string, readonly Identifier[]>,
): { lists: Identifier[][]; waiting: Alias[] } {
  // So it is with nearly all that comes.
  if (ownersOf.size === 0 && named.every(({ formerId }) => !formerId)) {
    return { lists: named.map(({ identifiers }) => [...identifiers]), waiting: [] };
  }
  const here = new Set(named.flatMap((one) => one.identifiers).map(identifierKey));
  const waiting: Alias[] = [];
  const lists = named.map(({ identifiers, formerId }, list) => {
    const owners = identifiers.flatMap((one) => (one.kind === 'customer_id' ? (ownersOf.get(one.value) ?? []) : []));
    const isHad =
      formerId && (here.has(identifierKey(formerId)) || typeof known.get(identifierKey(formerId)) === 'number');
    if (formerId && !isHad) waiting.push({ former: formerId, owner: identifiers[0]!, list });
    const all = [...identifiers, ...owners, ...(isHad ? [formerId] : [])];
    return [...new Map(all.map((one) => [identifierKey(one), one])).values()];
  });
  return { lists, waiting };
}
