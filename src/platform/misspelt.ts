/** Shorter names are near to many that mean something else, as HOME is to HOST. */
const SHORTEST = 8;
const MOST_MISTAKES = 2;

/** Names that are no known one but nearly, each with the one that may be meant; sorted. */
export function misspelt(names: readonly string[], known: readonly string[]): { name: string; meant: string }[] {
  const isKnown = new Set(known);
  const long = known.filter((name) => name.length >= SHORTEST);
  return [...names].sort().flatMap((name) => {
    if (isKnown.has(name) || name.length < SHORTEST) return [];
    const meant = long.find((one) => mistakesBetween(name, one) <= MOST_MISTAKES);
    return meant === undefined ? [] : [{ name, meant }];
  });
}

/** How many letters have to be put in, taken out or replaced to make the one of the other (Levenshtein). */
function mistakesBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_MISTAKES) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, above[column]! + 1, line[column - 1]! + 1));
    }
    above = line;
  }
  return above[b.length]!;
}
