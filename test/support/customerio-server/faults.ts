import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { randomNumbers } from '../random-numbers.js';
import { refuse, type Answer } from './route.js';

/** A way in which an exchange goes wrong. Those "after applying" leave the client not knowing that all went well. */
export type Fault =
  | { kind: 'status'; code: number; headers: Readonly<Record<string, string>>; errors: readonly string[] }
  | { kind: 'slow'; ms: number }
  | { kind: 'timeoutBeforeApplying' }
  | { kind: 'timeoutAfterApplying' }
  | { kind: 'resetBefore' }
  | { kind: 'resetAfter' }
  | { kind: 'emptyBody' }
  | { kind: 'garbledBody' }
  | { kind: 'html502' }
  | { kind: 'refusedItems' }
  | { kind: 'wrongCounts' }
  | { kind: 'ignored' };

/** Answers with a status and applies nothing. */
export function status(code: number, headers: Record<string, string> = {}, errors: string[] = ['scripted']): Fault {
  return { kind: 'status', code, headers, errors };
}

/** Applies and answers late; also if the client has gone meanwhile. */
export function slow(ms: number): Fault {
  return { kind: 'slow', ms };
}

export const timeoutBeforeApplying: Fault = { kind: 'timeoutBeforeApplying' };
export const timeoutAfterApplying: Fault = { kind: 'timeoutAfterApplying' };
export const resetBefore: Fault = { kind: 'resetBefore' };
export const resetAfter: Fault = { kind: 'resetAfter' };
/** Applies and answers without a body. */
export const emptyBody: Fault = { kind: 'emptyBody' };
/** Applies and answers with a body that is no JSON. */
export const garbledBody: Fault = { kind: 'garbledBody' };
/** A proxy's error page; nothing is applied. */
export const html502: Fault = { kind: 'html502' };

/** Takes only two of three items of a batch, and says so; anything else goes well. */
export const refusedItems: Fault = { kind: 'refusedItems' };
/** Counts of members are not right; anything else goes well. */
export const wrongCounts: Fault = { kind: 'wrongCounts' };
/** Answers that all is well, and applies nothing. */
export const ignored: Fault = { kind: 'ignored' };

/** Which exchanges go wrong, and how. */
export class Faults {
  private queued: Fault[] = [];
  private chance: (() => Fault | undefined) | undefined;

  /** The next `count` requests, after those scripted before, meet `fault`. */
  next(count: number, fault: Fault): void {
    for (let made = 0; made < count; made++) this.queued.push(fault);
  }

  /** Every request meets one of `faults` with this probability; the same seed gives the same sequence. */
  random(seed: number, probability: number, faults: readonly Fault[]): void {
    const draw = randomNumbers(seed);
    this.chance = () => (draw() < probability ? faults[Math.floor(draw() * faults.length)] : undefined);
  }

  /** From now on all goes well. */
  clear(): void {
    this.queued = [];
    this.chance = undefined;
  }

  /** The fault that the request at hand meets. */
  take(): Fault | undefined {
    return this.queued.shift() ?? this.chance?.();
  }
}

/** Lets an exchange go as its fault says. `apply` does the work; `stopping` ends waits. */
export async function answerWith(
  fault: Fault | undefined,
  response: ServerResponse,
  apply: () => Answer,
  stopping: AbortSignal,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
    case 'refusedItems': // the routes see to these two
    case 'wrongCounts':
      return sendAnswer(response, apply());
    case 'ignored':
      return sendAnswer(response, { status: 200, body: {} });
    case 'status':
      return sendAnswer(response, { ...refuse(fault.code, ...fault.errors), headers: fault.headers });
    case 'slow':
      await wait(fault.ms, undefined, { signal: stopping });
      return sendAnswer(response, apply());
    case 'timeoutBeforeApplying':
      return;
    case 'timeoutAfterApplying':
      apply();
      return;
    case 'resetBefore':
      response.socket?.resetAndDestroy();
      return;
    case 'resetAfter':
      apply();
      response.socket?.resetAndDestroy();
      return;
    case 'emptyBody':
      return sendAnswer(response, { status: apply().status });
    case 'garbledBody':
      return sendText(response, apply().status, 'application/json', '{"unfinished": ');
    case 'html502':
      return sendText(response, 502, 'text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>');
  }
}

function sendAnswer(response: ServerResponse, { status: code, headers = {}, body }: Answer): void {
  response.writeHead(code, body === undefined ? headers : { 'Content-Type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function sendText(response: ServerResponse, code: number, contentType: string, text: string): void {
  response.writeHead(code, { 'Content-Type': contentType }).end(text);
}
