import type { Milliseconds } from '../../core/instant.js';
import { throughGate, type Gate, type RequestEnd } from '../gate.js';
import { retryAfterMs } from '../outcome-of-status.js';
import { ask, type Api, type Asked } from './ask.js';

/** The App API, and the gate before it. */
export interface GatedAppApi extends Api {
  gate: Gate;
  family: string;
}

/** Why an answer of the App API is of no use, and whether that may pass. Names nobody. */
export interface AppFailure {
  problem: string;
  mayPass: boolean;
  /** 0: there was no answer. */
  status: number;
  isBusy: boolean;
  afterMs: Milliseconds | undefined;
}

/** Asks once, when it may; `readIn` tells what a good answer holds, or undefined where it is none. */
export function askApp<T extends object>(
  api: GatedAppApi,
  { method, path, body, stop }: { method: string; path: string; body?: object; stop?: AbortSignal },
  readIn: (asked: Asked) => T | undefined,
): Promise<{ read: T } | { failure: AppFailure } | { kind: 'held'; forMs: Milliseconds }> {
  return throughGate(
    api.gate,
    api.family,
    async () => {
      const asked = await ask(api, method, path, { ...(body && { body }), ...(stop && { stop }) });
      const read = readIn(asked);
      return read ? { read } : { failure: failureOf(asked) };
    },
    endOfAsking,
  );
}

function endOfAsking(answer: { read: object } | { failure: AppFailure }): RequestEnd {
  if ('read' in answer || !answer.failure.mayPass) return { kind: 'answered' };
  const { isBusy, afterMs, problem } = answer.failure;
  return isBusy ? { kind: 'busy', forMs: afterMs } : { kind: 'failed', reason: problem };
}

function failureOf({ status, headers, isLate }: Asked): AppFailure {
  const isUnread = status === 0 || (status >= 200 && status < 300);
  return {
    problem: isUnread ? `Customer.io ${isLate ? 'did not answer in time' : 'could not be read'}` : problemOf(status),
    mayPass: isUnread || status === 408 || status === 429 || status >= 500,
    status,
    isBusy: status === 429,
    afterMs: retryAfterMs(headers),
  };
}

function problemOf(status: number): string {
  const hint = status === 401 ? ' (is CUSTOMERIO_APP_API_KEY that of the workspace and region?)' : '';
  return `Customer.io's App API answered ${status}${hint}`;
}
