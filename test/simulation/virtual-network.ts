import type { CustomerioServer } from '../support/customerio-server/customerio-server.js';
import type { Answer } from '../support/customerio-server/route.js';
import type { Gates } from './gates.js';
import { currentProcess, type VirtualProcess } from './virtual-process.js';

/** How a request to the destination goes. Those "after" leave the sender not knowing that it was applied. */
export type SendFate =
  | { kind: 'answered' }
  | { kind: 'status'; code: number; headers?: Record<string, string> }
  | { kind: 'timeout'; isApplied: boolean }
  | { kind: 'reset'; isApplied: boolean }
  | { kind: 'garbled' }
  | { kind: 'empty' }
  /** It is answered as if it was applied, and was not. */
  | { kind: 'ignored' };

/** Where the simulated processes reach Customer.io. */
export const CUSTOMERIO_URL = 'http://customerio.simulated';

/** A request that is under way, for the case that its sender dies. */
export interface RequestUnderWay {
  process: VirtualProcess;
  /** The segments and identifiers whose memberships it changes. */
  subjects: readonly string[];
  apply: () => void;
}

export interface NetworkWatch {
  gates(): Gates;
  customerio(): CustomerioServer;
  underWay: Set<RequestUnderWay>;
  /** A request begins about somebody in a segment about whom another is under way. */
  met(subject: string): void;
  done(process: VirtualProcess, label: string, fate: string): void;
}

const NEVER = new Promise<never>(() => undefined);

/** The network of the simulated processes: one place, reached without sockets, whose answers the simulation decides on. */
export function virtualFetch(watch: NetworkWatch): typeof fetch {
  return async (input, init = {}) => {
    const process = currentProcess()!;
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    const body = typeof init.body === 'string' ? init.body : '';
    const { apply, end } = watch.customerio().receive({
      method: init.method ?? 'GET',
      path: pathname + search,
      bytes: Buffer.from(body),
      authorization: headers.get('authorization') ?? undefined,
      origin: CUSTOMERIO_URL,
    });
    end();
    const request = { process, apply, subjects: subjectsOf(pathname, search, body) };
    for (const other of watch.underWay) {
      for (const subject of request.subjects) if (other.subjects.includes(subject)) watch.met(subject);
    }
    watch.underWay.add(request);
    const label = `${init.method ?? 'GET'} ${pathname}`;
    const fate: SendFate = process.isFree
      ? { kind: 'answered' }
      : await watch.gates().pass<SendFate>(process, 'send', label);
    watch.underWay.delete(request);
    if (process.isDead) return NEVER;
    watch.done(process, label, fate.kind);
    return respond(fate, apply);
  };
}

function subjectsOf(pathname: string, search: string, body: string): string[] {
  const segment = /\/segments\/(\d+)\/(?:add|remove)_customers$/.exec(pathname)?.[1];
  if (segment === undefined) return [];
  const { ids } = JSON.parse(body) as { ids: string[] };
  return ids.map((id) => `${segment}${search} ${id}`);
}

function respond(fate: SendFate, apply: () => Answer): Response {
  switch (fate.kind) {
    case 'answered':
      return responseOf(apply());
    case 'status':
      return responseOf({
        status: fate.code,
        body: { meta: { errors: ['scripted'] } },
        ...(fate.headers && { headers: fate.headers }),
      });
    case 'timeout':
      if (fate.isApplied) apply();
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    case 'reset':
      if (fate.isApplied) apply();
      throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
    case 'garbled':
      return new Response('{"unfinished": ', { status: apply().status });
    case 'empty':
      return new Response('', { status: apply().status });
    case 'ignored':
      return responseOf({ status: 200, body: {} });
  }
}

function responseOf({ status, headers = {}, body }: Answer): Response {
  const isEmpty = body === undefined || status === 204;
  return new Response(isEmpty ? null : JSON.stringify(body), { status, headers: { ...headers } });
}
