import { OutboundFailed, OutboundRefused } from '../platform/outbound/outbound-http.js';
import type { SendOutcome } from './destination.js';
import { runBounded } from './run-bounded.js';

/** Sends items one by one, so many at once; what became of each. */
export async function sendEach<T>(
  items: readonly T[],
  atOnce: number,
  send: (item: T) => Promise<SendOutcome>,
): Promise<Map<T, SendOutcome>> {
  const outcomes = new Map<T, SendOutcome>();
  await runBounded(items, atOnce, async (item) => {
    outcomes.set(item, await send(item));
  });
  return outcomes;
}

/** What it means for messages that a request got no answer, or must not be made. Of an error nothing else is told. */
export function outcomeOfFailure(error: unknown): Extract<SendOutcome, { reason: string }> {
  if (error instanceof OutboundRefused) return { kind: 'rejected', reason: error.message };
  if (error instanceof OutboundFailed) return { kind: 'retry', reason: error.message };
  throw error;
}
