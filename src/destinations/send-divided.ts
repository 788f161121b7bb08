import type { SendOutcome } from './destination.js';

/** After so many that were refused alone, and none that was taken, it is not the items that are refused. */
const ALONE_TO_TELL = 3;

/**
 * Sends items together, and where all of them are refused at once, in halves, until what is refused stands alone and the
 * others are taken. `send` answers one outcome an item. When nothing at all is taken, it is not divided to the end.
 */
export async function sendDivided<T>(
  items: readonly T[],
  send: (items: readonly T[]) => Promise<readonly SendOutcome[]>,
): Promise<SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  const left: (readonly T[])[] = [items];
  let [taken, alone] = [0, 0];
  for (let part = left.pop(); part; part = left.pop()) {
    if (part.length === 0) continue;
    const found = await send(part);
    const isRefused = found.every((one) => one.kind === 'rejected');
    const isHopeless = taken === 0 && alone >= ALONE_TO_TELL;
    if (isRefused && part.length > 1 && !isHopeless) {
      const half = Math.ceil(part.length / 2);
      left.push(part.slice(half), part.slice(0, half));
      continue;
    }
    outcomes.push(...found);
    taken += found.filter((one) => one.kind === 'accepted').length;
    if (isRefused) alone += 1;
  }
  return outcomes;
}
