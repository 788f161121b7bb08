import type { Milliseconds } from '../core/instant.js';
import { OutboundFailed, OutboundRefused } from '../platform/outbound/outbound-http.js';
import type { SendOutcome } from './destination.js';
import { runBounded } from './run-bounded.js';

/** How much is sent at once, and how long one request may take. */
export interface Sending {
  atOnce: number;
  timeoutMs: Milliseconds;
}

/** Sends items one by one; where answers are so slow that a claim's lease might end, the rest is left for later. */
export async function sendInTime<T>(
  items: readonly T[],
  { atOnce, timeoutMs }: Sending,
  send: (item: T) => Promise<SendOutcome>,
): Promise<Map<T, SendOutcome>> {
  const outcomes = new Map<T, SendOutcome>();
  const startedAt = performance.now();
  await runBounded(items, atOnce, async (item) => {
    const isLate = performance.now() - startedAt > 2 * timeoutMs;
    outcomes.set(item, isLate ? { kind: 'held', forMs: 0 } : await send(item));
  });
  return outcomes;
}

/** What it means for messages that a request got no answer, or must not be made. Of an error nothing else is told. */
export function outcomeOfFailure(error: unknown): Extract<SendOutcome, { reason: string }> {
  if (error instanceof OutboundRefused) return { kind: 'rejected', reason: error.message };
  if (error instanceof OutboundFailed) return { kind: 'retry', reason: error.message };
  throw error;
}
