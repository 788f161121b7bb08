import { distance } from 'fastest-levenshtein';

/** Shorter names are near to many that mean something else, as HOME is to HOST. */
const SHORTEST = 8;
/** Letters put in, taken out or replaced. */
const MOST_MISTAKES = 2;

/** Names that are no known one but nearly, each with the one that may be meant; sorted. */
export function misspelt(names: readonly string[], known: readonly string[]): { name: string; meant: string }[] {
  const isKnown = new Set(known);
  const long = known.filter((name) => name.length >= SHORTEST);
  return [...names].sort().flatMap((name) => {
    if (isKnown.has(name) || name.length < SHORTEST) return [];
    const meant = long.find((one) => distance(name, one) <= MOST_MISTAKES);
    return meant === undefined ? [] : [{ name, meant }];
  });
}
