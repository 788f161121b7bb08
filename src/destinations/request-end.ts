import type { SendOutcome } from './destination.js';
import type { RequestEnd } from './gate.js';

/** What an outcome of a whole request says about its destination: a refusal is an answer. */
export function endOf(outcome: SendOutcome): RequestEnd {
  if (outcome.kind !== 'retry') return { kind: 'answered' };
  if (outcome.isBusy) return { kind: 'busy', forMs: outcome.retryAfterMs };
  return { kind: 'failed', reason: outcome.reason };
}
