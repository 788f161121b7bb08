import type { Milliseconds } from '../core/instant.js';
import type { SendOutcome } from './destination.js';

/** A wait of an hour is longer than any outage asks for; a header that asks for years must not park a message. */
const LONGEST_WAIT_MS = 3_600_000;

interface Answered {
  status: number;
  headers: Readonly<Record<string, string>>;
}

/** Below 500; with 401 and 403 nothing is wrong with the message: it waits until both sides know the same secret. */
const MAY_PASS: readonly number[] = [401, 403, 408, 429];

/**
 * What an answer's status means for the messages of its request: 2xx is accepted; 401, 403, 408, 429 and 5xx are what may
 * be mended without them; anything else stays so and needs a person. With a hint where there is one.
 */
export function outcomeOfStatus(who: string, { status, headers }: Answered, hint?: string): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const reason = `${who} answered ${status}${hint === undefined ? '' : ` (${hint})`}`;
  if (status < 500 && !MAY_PASS.includes(status)) return { kind: 'rejected', reason };
  return retryLater(reason, { status, headers });
}

/** What may pass, and when it is worth another try: whoever says "too many" or asks to wait is busy. */
export function retryLater(reason: string, { status, headers }: Answered): SendOutcome {
  const waitMs = retryAfterMs(headers);
  return {
    kind: 'retry',
    reason,
    ...((status === 429 || waitMs !== undefined) && { isBusy: true }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  };
}

/**
 * How long the answer asks to wait: `Retry-After` in seconds, or as a date, which is set against the answer's own `Date`
 * so that no clock of ours matters. Undefined if it says nothing usable; also for "at once", which leaves the pace to
 * the caller. At most an hour.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): Milliseconds | undefined {
  const given = headers['retry-after']?.trim() ?? '';
  const waitMs = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.parse(headers.date ?? '');
  return waitMs > 0 ? Math.min(waitMs, LONGEST_WAIT_MS) : undefined;
}
