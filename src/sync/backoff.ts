const FIRST_MS = 1_000;
const LONGEST_MS = 900_000;

/** How long to wait after a failed send, in ms: doubling from a second to a quarter of an hour, spread by a third. */
export function backoffMs(attemptsBefore: number, random: () => number = Math.random): number {
  const base = Math.min(FIRST_MS * 2 ** attemptsBefore, LONGEST_MS);
  return Math.round(base * (1 + random() / 3));
}
