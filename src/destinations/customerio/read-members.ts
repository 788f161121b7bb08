import { setTimeout as wait } from 'node:timers/promises';
import { ReadBackFailed, type Addressee } from '../destination.js';
import { askApp, type AppFailure, type GatedAppApi } from './app-api.js';
import { objectsIn, type Asked } from './ask.js';
import { ELSEWHERE } from './segment-warning.js';

interface Page {
  members: Addressee[];
  next: string | undefined;
}

/** Of the 30,000 that it allows: pages that are answered well within the time of a request. */
const A_PAGE = 10_000;
const MISSING = `Customer.io has no such segment (404), so that nobody can be in it: it was deleted there, or the App API's key is another workspace's; ${ELSEWHERE}`;
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
    if ('read' in answer) return answer.read;
    const { problem, mayPass, afterMs, status } = answer.failure;
    if (attempt === MOST_TRIES || !mayPass) throw new ReadBackFailed(status === 404 ? MISSING : problem);
    await wait(Math.min(afterMs ?? 1_000 * 2 ** attempt, LONGEST_PAUSE_MS), undefined, { signal: stop });
  }
}

/** However long the gate lets nothing through. */
async function askInTurn(
  api: GatedAppApi,
  path: string,
  stop: AbortSignal,
): Promise<{ read: Page } | { failure: AppFailure }> {
  for (;;) {
    const answer = await askApp(api, { method: 'GET', path, stop }, readIn);
    if (!('kind' in answer)) return answer;
    await wait(answer.forMs, undefined, { signal: stop });
  }
}

function readIn({ status, body }: Asked): Page | undefined {
  return status === 200 && body && 'identifiers' in body ? pageIn(body) : undefined;
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
