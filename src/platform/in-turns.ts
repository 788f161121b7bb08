import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long whoever asks for something may wait for what is reckoned in the background, in ms. */
const TURN_MS = 5;

/**
 * What `work` makes of each item, one after the other. Every few milliseconds others have their turn: no batch keeps the
 * process from answering for as long as it takes. One item is never divided. Rejects with what `work` throws.
 */
export async function inTurns<T, Result>(items: Iterable<T>, work: (item: T) => Result): Promise<Result[]> {
  const results: Result[] = [];
  let began = performance.now();
  for (const item of items) {
    results.push(work(item));
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
  return results;
}
