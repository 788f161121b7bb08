import { setTimeout as wait } from 'node:timers/promises';
import type { Milliseconds } from '../../core/instant.js';
import { ReadBackFailed, type Addressee } from '../destination.js';
import { throughGate, type Gate, type RequestEnd } from '../gate.js';
import { retryAfterMs } from '../outcome-of-status.js';

/** Where and how the App API is reached. */
export interface AppApi {
  key: string;
  url: string;
  timeoutMs: Milliseconds;
}

/** The App API, and the gate before it. */
export interface GatedAppApi extends AppApi {
  gate: Gate;
  family: string;
}

interface MembershipPage {
  identifiers?: { id?: string | null; email?: string | null; cio_id?: string | null }[] | null;
  next?: string | null;
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
    const page = await pageAt(
      api,
      `/v1/segments/${encodeURIComponent(segmentId)}/membership?${query.toString()}`,
      stop,
    );
    // Its `ids` may hold empty strings for whoever has no id, so they are not used.
    yield (page.identifiers ?? []).map(({ id, email, cio_id: cioId }) => ({
      ...(id && { customerId: id }),
      ...(email && { email }),
      ...(cioId && { cioId }),
    }));
    start = page.next || undefined;
  } while (start);
}

async function pageAt(api: GatedAppApi, path: string, stop: AbortSignal): Promise<MembershipPage> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askInTurn(api, path, stop);
    if ('page' in answer) return answer.page;
    if (attempt === MOST_TRIES || !answer.mayPass) throw new ReadBackFailed(answer.problem);
    await wait(Math.min(answer.afterMs ?? 1_000 * 2 ** attempt, LONGEST_PAUSE_MS), undefined, { signal: stop });
  }
}

/** However long the gate lets nothing through. */
async function askInTurn(api: GatedAppApi, path: string, stop: AbortSignal): Promise<Asked> {
  for (;;) {
    const answer = await throughGate(api.gate, api.family, () => ask(api, path, stop), endOfRead);
    if (!('kind' in answer)) return answer;
    await wait(answer.forMs, undefined, { signal: stop });
  }
}

function endOfRead(answer: Asked): RequestEnd {
  if ('page' in answer || !answer.mayPass) return { kind: 'answered' };
  if (answer.isBusy) return { kind: 'busy', forMs: answer.afterMs };
  return { kind: 'failed', reason: answer.problem };
}

type Asked =
  { page: MembershipPage } | { problem: string; mayPass: boolean; isBusy?: boolean; afterMs?: number | undefined };

async function ask({ key, url, timeoutMs }: AppApi, path: string, stop: AbortSignal): Promise<Asked> {
  try {
    const response = await fetch(url.replace(/\/+$/, '') + path, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.ok) return { page: (await response.json()) as MembershipPage };
    const { status } = response;
    return {
      problem: `Customer.io's App API answered ${status}${status === 401 ? ' (is CUSTOMERIO_APP_API_KEY that of the workspace and region?)' : ''}`,
      isBusy: status === 429,
      mayPass: status === 408 || status === 429 || status >= 500,
      afterMs: retryAfterMs(Object.fromEntries(response.headers)),
    };
  } catch (error) {
    stop.throwIfAborted();
    const isLate = (error as { name?: string }).name === 'TimeoutError';
    return { problem: isLate ? 'Customer.io did not answer in time' : 'Customer.io could not be read', mayPass: true };
  }
}
