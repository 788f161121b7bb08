import type { Outcomes } from '../outcomes.js';
import { Random } from '../random.js';
import { DescribedAnswers } from '../../support/described-answers.js';
import { TurnoutClient } from '../../support/turnout.js';
import { routesOf, type Document, type Route } from './document.js';
import { differenceTo, wrongWithAnswer, type Answer } from './invariants.js';
import { Requests, type Call } from './requests.js';
import { setUp } from './set-up.js';
import { World } from './world.js';

interface Service {
  url: string;
  key: string;
  /** Its own description of its API. */
  document: Document;
  /** How often its event loop was held up so far; left out where nobody counts. */
  stalls?(): number;
}

const PATIENCE_MS = 20_000;
const SET_UP_EVERY = 200;
const WALKED_EVERY = 30;
const LONGEST_WALK = 40;

/** What moves by itself, or by being looked at. */
const MOVING =
  /At$|^(asOf|standing|provisioning|backfill|pushing|members|state|progress|counts|pace|gates|breaker|next|size|owed)$/;

/** Secrets, and from when on a naming of links is to hold: where it is in force already, it stays. */
const NOT_GIVEN_BACK = /^(secret|previousSecret|apiKey|appApiKey|apiSecret|validFrom|midPeriod|reason)$/;

/** Asks a running service as often as wanted. Says what was wrong with which answer, if anything was. */
export function fuzzRoutes(service: Service, seed: number, calls: number, outcomes: Outcomes): Promise<string[]> {
  return new RoutesFuzz(service, seed, outcomes).run(calls);
}

class RoutesFuzz {
  private readonly random: Random;
  private readonly routes: readonly Route[];
  private readonly described: DescribedAnswers;
  private readonly wrong: string[] = [];
  private world!: World;
  private requests!: Requests;
  private stalls = 0;

  constructor(
    private readonly service: Service,
    private readonly seed: number,
    private readonly outcomes: Outcomes,
  ) {
    this.random = new Random(seed);
    this.routes = routesOf(service.document);
    this.described = new DescribedAnswers(service.document);
  }

  async run(calls: number): Promise<string[]> {
    const { apiKeys } = (await this.get('/v1/api-keys')).json as { apiKeys: { id: string }[] };
    this.world = new World(new Set(apiKeys.map(({ id }) => id)));
    this.requests = new Requests(this.service.document, this.world, this.random);
    this.stalls = this.service.stalls?.() ?? 0;
    const client = new TurnoutClient(this.service.url, this.service.key);
    for (let number = 0; number < calls; number++) {
      if (number % SET_UP_EVERY === 0) await setUp(client, number / SET_UP_EVERY);
      const call = this.requests.to(this.random.pick(this.routes));
      const before = this.wrong.length;
      await this.tryOut(call);
      if (number % WALKED_EVERY === 0) await this.walk();
      this.note(before, number, call);
    }
    return this.wrong;
  }

  private note(before: number, number: number, call: Call): void {
    const stalls = this.service.stalls?.() ?? 0;
    if (stalls > this.stalls) this.wrong.push('the event loop is held up, by this or the call before');
    this.stalls = stalls;
    for (let at = before; at < this.wrong.length; at++) {
      this.wrong[at] = `call ${number} of seed ${this.seed}: ${shownCall(call)}: ${this.wrong[at]}`;
    }
  }

  private async tryOut(call: Call): Promise<void> {
    const { route } = call;
    if (route.method === 'GET') {
      this.check(call, await this.send(call));
      return;
    }
    const snapshot = this.random.isIn(40) ? await this.snapshot(call) : undefined;
    if (this.random.isIn(10)) {
      const answers = await Promise.all([this.send(call), this.send(call)]);
      for (const answer of answers) this.check(call, answer);
      if (answers.some(({ status }) => status < 400)) return;
    } else {
      const answer = await this.send(call);
      this.check(call, answer);
      if (answer.status < 400) {
        if (route.method === 'PUT') await this.compareWithGiven(call, answer);
        return;
      }
    }
    if (snapshot === undefined) return;
    const difference = differenceTo(await this.snapshot(call), snapshot, '/');
    if (difference !== undefined) this.wrong.push(`it is refused, and yet changes something at ${difference}`);
  }

  private check(call: Call, answer: Answer): void {
    const { route } = call;
    this.outcomes.count(`${route.method} ${route.path}`, String(answer.status), answer.tookMs);
    const isJson = answer.type.startsWith('application/json');
    const undescribed = isJson ? this.described.wrongWith(route.method, call.address, answer.status, answer.json) : [];
    const wrong = [...wrongWithAnswer(call, answer), ...undescribed.map((what) => `not as described: ${what}`)];
    this.wrong.push(...wrong.map((what) => `${what}\n    ${answer.status} ${answer.text.slice(0, 600)}`));
    if (answer.status < 300) this.world.learn(route.path, answer.json, this.random);
  }

  /** What is to be seen beside and above the place that a call is about, but for what moves by itself. */
  private async snapshot({ route, address }: Call): Promise<unknown> {
    const [path] = address.split('?') as [string];
    // What is judged anew at each look is nobody's writing.
    const collection = `/v1/${route.path.split('/')[2]}`.replace('/v1/audit', '');
    const places = [collection, ...(this.has('GET', route.path) ? [path] : [])].filter(
      (place) => place === path || this.has('GET', place),
    );
    const seen: Record<string, unknown> = {};
    for (const place of new Set(places)) {
      const { status, json } = await this.get(place);
      seen[place] = { status, json: without(MOVING, json) };
    }
    return seen;
  }

  private has(method: string, path: string): boolean {
    return this.routes.some((one) => one.method === method && one.path === path);
  }

  private async compareWithGiven({ route, address, json }: Call, answer: Answer): Promise<void> {
    if (!this.has('GET', route.path) || json === undefined) return;
    // A naming of links mostly holds from later on: only the answer shows it.
    const given = route.path === '/v1/utm/schema' ? answer : await this.get(address.split('?')[0]!);
    const wanted = withoutEmptyPush(without(NOT_GIVEN_BACK, json));
    const difference = given.status < 300 ? differenceTo(given.json, wanted) : `${given.status}`;
    if (difference !== undefined) this.wrong.push(`what was put is not what is given back: ${difference}`);
  }

  /** Goes through a list by its cursor, and looks whether each item comes once. */
  private async walk(): Promise<void> {
    const lists = this.routes.filter(
      ({ method, parameters }) => method === 'GET' && parameters.some(({ name }) => name === 'after'),
    );
    const route = this.random.pick(lists);
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(this.world.pick(name, route.path, this.random) ?? 'x'),
    );
    const limit = 1 + this.random.below(4);
    const all = await this.page(`${path}?limit=${LONGEST_WALK * limit}`);
    const found: unknown[] = [];
    let after = '';
    for (let page = 0; page < LONGEST_WALK; page++) {
      const one = await this.page(`${path}?limit=${limit}${after}`);
      if (!one || !all) return;
      found.push(...one.items);
      if (one.items.length > limit) this.wrong.push(`${path}: ${one.items.length} where ${limit} were asked for`);
      if (one.next === null) break;
      after = `&after=${encodeURIComponent(one.next)}`;
    }
    const difference = differenceTo(found, all?.items);
    if (difference !== undefined) this.wrong.push(`${path} page by page is not the list: ${difference}`);
  }

  private async page(address: string): Promise<{ items: unknown[]; next: string | number | null } | undefined> {
    const { status, json } = await this.get(address);
    if (status !== 200) return undefined;
    const { next, ...lists } = json as Record<string, unknown[]> & { next: string | number | null };
    return { items: Object.values(lists).find((list) => Array.isArray(list))!, next };
  }

  private get(address: string): Promise<Answer> {
    return this.ask('GET', address, {});
  }

  private send({ route, address, headers, body }: Call): Promise<Answer> {
    return this.ask(route.method, address, headers, body);
  }

  private async ask(
    method: string,
    address: string,
    headers: Record<string, string>,
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Answer> {
    const began = performance.now();
    try {
      const response = await fetch(this.service.url + address, {
        ...{ method, headers: { authorization: `Bearer ${this.service.key}`, ...headers }, redirect: 'manual' },
        ...(body && { body }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      return { status: response.status, type, text, json: parsed(text), tookMs: performance.now() - began };
    } catch (error) {
      return {
        status: 599,
        type: '',
        text: `no answer: ${String(error)}`,
        json: undefined,
        tookMs: performance.now() - began,
      };
    }
  }
}

/** A segment that is pushed nowhere is shown without a push, whichever way that was said. */
function withoutEmptyPush(wanted: unknown): unknown {
  const { push } = wanted as { push?: unknown };
  const isEmpty = typeof push === 'object' && push !== null && Object.keys(push).length === 0;
  return isEmpty ? { ...(wanted as object), push: null } : wanted;
}

function without(names: RegExp, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => without(names, one));
  if (typeof value !== 'object' || value === null) return value;
  const left = Object.entries(value).filter(([name]) => !names.test(name));
  return Object.fromEntries(left.map(([name, inner]) => [name, without(names, inner)]));
}

function shownCall({ route, address, headers, body }: Call): string {
  const text = body === undefined ? '' : new TextDecoder().decode(body).slice(0, 700);
  const { 'content-type': type, ...others } = headers;
  const odd = type === undefined || type === 'application/json' ? others : headers;
  return [
    route.method,
    address.slice(0, 400),
    Object.keys(odd).length > 0 ? JSON.stringify(odd).slice(0, 300) : '',
    text,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
