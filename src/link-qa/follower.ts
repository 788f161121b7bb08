import { Cookie, CookieJar } from 'tough-cookie';
import {
  OutboundFailed,
  OutboundRefused,
  type OutboundHttp,
  type SeenAnswer,
} from '../platform/outbound/outbound-http.js';
import { decoded } from './decoded.js';
import { headersOf, type Client } from './clients.js';
import type { ScriptRunner } from './browser/script-runner.js';
import type { HostPace } from './host-pace.js';
import { readPage, readRefresh, type PageFacts } from './page-facts.js';
import type { QaSettings } from './qa-settings.js';
import type { Hop, Via, Walk, WalkEnd } from './walk.js';

/** A refresh that takes longer is something to read, not a way. */
const LONGEST_REFRESH_SECONDS = 10;

/** Of what scripts ask for. */
const SCRIPT_TIMEOUT_MS = 3_000;
const MOST_SCRIPT_BYTES = 2_000_000;

/** Of an answer's headers, those that tell something of a link. */
const SHOWN_HEADERS = [
  'content-type',
  'server',
  'cache-control',
  'retry-after',
  'x-robots-tag',
  'cf-mitigated',
  'refresh',
];

interface Step {
  url: string;
  via: Via;
}

type Headers = Record<string, string>;

/** An answer, and by what it was asked for. */
interface Seen {
  step: Step;
  answer: SeenAnswer;
  page: PageFacts | null;
  headers: Headers;
  jar: CookieJar;
  leftMs: number;
}

type Next = { step: Step } | { end: WalkEnd; page?: PageFacts | null };

/** Follows links as a client does: redirects, refreshes and cookies, hop by hop, and only where outsiders may go. */
export class LinkFollower {
  constructor(
    private readonly http: OutboundHttp,
    private readonly settings: QaSettings,
    private readonly pace: HostPace,
    private readonly scripts?: ScriptRunner,
  ) {}

  /** The whole way of a link. Never throws for what a link does; an abort ends it as "out of time". */
  async walk(link: string, client: Client, signal?: AbortSignal): Promise<Walk> {
    const jar = new CookieJar(undefined, { rejectPublicSuffixes: false, looseMode: true });
    const deadline = performance.now() + this.settings.walkTimeoutMs;
    const seen = new Set<string>();
    const hops: Hop[] = [];
    const ended = (end: WalkEnd, page: PageFacts | null = null): Walk => ({ client: client.key, hops, end, page });
    for (let step: Step = { url: link, via: 'link' }; ;) {
      const cookie = jar.getCookieStringSync(step.url);
      // The same address with the same cookies can only say the same again.
      const key = `${withoutFragment(step.url)} ${cookie}`;
      if (seen.has(key)) return ended({ kind: 'loop', url: step.url });
      if (hops.length > this.settings.mostRedirects) return ended({ kind: 'too many redirects' });
      seen.add(key);
      const leftMs = Math.floor(deadline - performance.now());
      if (leftMs <= 0 || signal?.aborted) return ended({ kind: 'out of time' });
      const headers = { ...headersOf(client), ...(cookie !== '' && { cookie }) };
      const next = await this.hop(step, headers, { jar, hops, leftMs, signal });
      if ('end' in next) return ended(next.end, next.page);
      step = next.step;
    }
  }

  private async hop(
    step: Step,
    headers: Headers,
    { jar, hops, leftMs, signal }: { jar: CookieJar; hops: Hop[]; leftMs: number; signal: AbortSignal | undefined },
  ): Promise<Next> {
    const problem = this.http.problemOf(step.url);
    if (problem !== undefined) return { end: { kind: 'refused', url: step.url, problem } };
    const startedAt = performance.now();
    const { mostBytes, hopTimeoutMs } = this.settings;
    const timeoutMs = Math.min(hopTimeoutMs, leftMs);
    const wanted = { url: step.url, headers, timeoutMs, mostBytes, ...(signal && { signal }) };
    try {
      const answer = await this.pace.run(new URL(step.url).host, () => this.http.look(wanted));
      const page = pageOf(answer);
      for (const one of answer.setCookies) jar.setCookieSync(one, step.url, { ignoreError: true });
      const spentMs = Math.round(performance.now() - startedAt);
      const next = await this.nextAfter({ step, answer, page, headers, jar, leftMs: leftMs - spentMs });
      hops.push(hopOf(step, answer, 'step' in next ? next.step.url : null));
      return next;
    } catch (error) {
      if (error instanceof OutboundRefused) {
        return { end: { kind: 'refused', url: step.url, problem: error.message } };
      }
      if (!(error instanceof OutboundFailed)) throw error;
      hops.push(unanswered(step, Math.round(performance.now() - startedAt)));
      const isOver = error.code === 'TIMEOUT' && (leftMs < hopTimeoutMs || signal?.aborted === true);
      return { end: isOver ? { kind: 'out of time' } : { kind: 'no answer', code: error.code } };
    }
  }

  /** Where an answer leads on; a page that stays and holds little but scripts may do so by these. */
  private async nextAfter(seen: Seen): Promise<Next> {
    const { step, answer, page } = seen;
    const told = nextOf(step, answer, page);
    const isShown = 'end' in told && told.end.kind === 'answered' && answer.status >= 200 && answer.status < 300;
    if (!this.scripts || !isShown || !page?.isBareScript) return told;
    return (await this.byScript(this.scripts, seen, page)) ?? told;
  }

  /** Undefined where it could not be found out. */
  private async byScript(
    scripts: ScriptRunner,
    { step, answer, headers, jar, leftMs }: Seen,
    page: PageFacts,
  ): Promise<Next | undefined> {
    const scripted = { url: step.url, answer, cookies: headers.cookie ?? '', userAgent: headers['user-agent'] ?? '' };
    const led = await scripts.leadsTo(scripted, (url) => this.load(url, headers), leftMs);
    if (!led) return undefined;
    for (const { name, value } of led.cookies) jar.setCookieSync(`${name}=${value}`, step.url, { ignoreError: true });
    const stays: Next = { end: { kind: 'answered' }, page: { ...page, scriptRedirect: null } };
    if (led.to === null || isSamePage(led.to, step.url)) return stays;
    return stepTo(led.to, step.url, 'script') ?? stays;
  }

  /** What a script asks for, asked without the reader's cookies, and only where links may be followed to. */
  private async load(url: string, { cookie: _cookie, ...headers }: Headers): Promise<SeenAnswer | undefined> {
    if (this.http.problemOf(url) !== undefined) return undefined;
    const wanted = { url, headers, timeoutMs: SCRIPT_TIMEOUT_MS, mostBytes: MOST_SCRIPT_BYTES };
    try {
      return await this.pace.run(new URL(url).host, () => this.http.look(wanted));
    } catch {
      return undefined;
    }
  }
}

/** Where an answer leads on, or that the way ends here. */
function nextOf({ url }: Step, answer: SeenAnswer, page: PageFacts | null): Next {
  const { status, headers } = answer;
  if (status >= 300 && status < 400 && status !== 304) {
    const location = headers.location === undefined ? null : asUtf8(headers.location);
    return stepTo(location, url, 'redirect') ?? { end: { kind: 'bad redirect', location } };
  }
  const refresh = headers.refresh === undefined ? null : readRefresh(headers.refresh);
  const found = refresh ?? page?.metaRefresh ?? null;
  if (found === null || found.seconds > LONGEST_REFRESH_SECONDS) return { end: { kind: 'answered' }, page };
  // One that loads the page again shows it: there is no way that goes on.
  if (isSamePage(found.url, url)) return { end: { kind: 'answered' }, page };
  return stepTo(found.url, url, refresh ? 'refresh header' : 'meta refresh') ?? { end: { kind: 'answered' }, page };
}

function stepTo(target: string | null, from: string, via: Via): Next | undefined {
  if (target === null || target.trim() === '' || !URL.canParse(target, from)) return undefined;
  const url = new URL(target, from);
  // As browsers do: a redirect keeps the fragment unless it brings one.
  if (url.hash === '' && via === 'redirect') url.hash = new URL(from).hash;
  if (!/^https?:$/.test(url.protocol)) return { end: { kind: 'left the web', url: url.href } };
  return { step: { url: url.href, via } };
}

function isSamePage(target: string, from: string): boolean {
  return URL.canParse(target, from) && withoutFragment(new URL(target, from).href) === withoutFragment(from);
}

function hopOf({ url, via }: Step, answer: SeenAnswer, leadsTo: string | null): Hop {
  const cookies = answer.setCookies.map((one) => Cookie.parse(one, { loose: true })).filter((one) => one !== undefined);
  const discount = cookies.find((one) => one.key === 'discount_code');
  const { tls } = answer;
  return {
    url,
    via,
    status: answer.status,
    ms: answer.headersMs,
    tls: tls && { ...tls, validTo: tls.validTo?.toISOString() ?? null },
    cookies: cookies.map((one) => one.key),
    discount: discount ? decoded(discount.value) : null,
    headers: Object.fromEntries(
      SHOWN_HEADERS.flatMap((name) => (answer.headers[name] ? [[name, answer.headers[name]]] : [])),
    ),
    leadsTo,
  };
}

function unanswered({ url, via }: Step, ms: number): Hop {
  return { url, via, status: null, ms, tls: null, cookies: [], discount: null, headers: {}, leadsTo: null };
}

function pageOf({ headers, body, isWhole, status }: SeenAnswer): PageFacts | null {
  if (status >= 300 && status < 400) return null;
  if (headers['content-encoding'] !== undefined || !/html/i.test(headers['content-type'] ?? '')) return null;
  return readPage(body.toString(), isWhole);
}

/** Headers come as Latin-1, whatever was meant; browsers read an address as UTF-8. */
function asUtf8(text: string): string {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString();
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0]!;
}
