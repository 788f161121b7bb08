import { setTimeout as wait } from 'node:timers/promises';
import type { Milliseconds } from '../../core/instant.js';
import { ReadBackFailed, type Addressee } from '../destination.js';
import { throughGate, type Gate, type RequestEnd } from '../gate.js';
import { retryAfterMs } from '../outcome-of-status.js';
import { ask, objectsIn, type Api, type Asked } from './ask.js';

/** The App API, and the gate before it. */
export interface GatedAppApi extends Api {
  gate: Gate;
  family: string;
}

/** A page as it was read, or why it was not, and whether that may pass. */
type Read = { page: Page } | { problem: string; mayPass: boolean; isBusy: boolean; afterMs: Milliseconds | undefined };

interface Page {
  members: Addressee[];
  next: string | undefined;
}

/** Of the 30,000 that it allows: pages that are answered well within the time of a request. */
const A_PAGE = 10_000;
const MOST_TRIES = 5;
const LONGEST_PAUSE_MS = 60_000;

/**
 * The members of a manual segment as Customer.io holds them, page by page. A page that is refused for a while is asked for
 * again, as late as the answer says. Throws {@link ReadBackFailed}, which names nobody.
 */
export async function* readMembers(api: GatedAppApi, segmentId: string, stop: AbortSignal): AsyncIterable<Addressee[]> {
  let start: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(A_PAGE), ...(start && { start }) });
    const path = `/v1/segments/${encodeURIComponent(segmentId)}/membership?${query.toString()}`;
    const { members, next } = await pageAt(api, path, stop);
    yield members;
    start = next;
  } while (start);
}

async function pageAt(api: GatedAppApi, path: string, stop: AbortSignal): Promise<Page> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askInTurn(api, path, stop);
    if ('page' in answer) return answer.page;
    if (attempt === MOST_TRIES || !answer.mayPass) throw new ReadBackFailed(answer.problem);
    await wait(Math.min(answer.afterMs ?? 1_000 * 2 ** attempt, LONGEST_PAUSE_MS), undefined, { signal: stop });
  }
}

/** However long the gate lets nothing through. */
async function askInTurn(api: GatedAppApi, path: string, stop: AbortSignal): Promise<Read> {
  for (;;) {
    const answer = await throughGate(
      api.gate,
      api.family,
      async () => readIn(await ask(api, 'GET', path, { stop })),
      endOfRead,
    );
    if (!('kind' in answer)) return answer;
    await wait(answer.forMs, undefined, { signal: stop });
  }
}

function endOfRead(read: Read): RequestEnd {
  if ('page' in read || !read.mayPass) return { kind: 'answered' };
  if (read.isBusy) return { kind: 'busy', forMs: read.afterMs };
  return { kind: 'failed', reason: read.problem };
}

function readIn({ status, headers, body, isLate }: Asked): Read {
  if (status === 200 && body && 'identifiers' in body) return { page: pageIn(body) };
  const isUnread = status === 0 || status === 200;
  return {
    problem: isUnread ? `Customer.io ${isLate ? 'did not answer in time' : 'could not be read'}` : problemOf(status),
    mayPass: isUnread || status === 408 || status === 429 || status >= 500,
    isBusy: status === 429,
    afterMs: retryAfterMs(headers),
  };
}

function problemOf(status: number): string {
  const hint = status === 401 ? ' (is CUSTOMERIO_APP_API_KEY that of the workspace and region?)' : '';
  return `Customer.io's App API answered ${status}${hint}`;
}

/** Its `ids` may hold empty strings for whoever has no id, so they are not used. */
function pageIn({ identifiers, next }: Readonly<Record<string, unknown>>): Page {
  const members = objectsIn(identifiers).map(({ id, email, cio_id: cioId }) => ({
    ...(isText(id) && { customerId: id }),
    ...(isText(email) && { email }),
    ...(isText(cioId) && { cioId }),
  }));
  return { members, next: isText(next) ? next : undefined };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
