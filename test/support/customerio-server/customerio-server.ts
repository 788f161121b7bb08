import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, StandIn } from '../stand-in.js';
import { appRoutes } from './app-routes.js';
import { answerWith, Faults, type Fault } from './faults.js';
import { matchRoute, refuse, type Answer, type Call, type Match, type Route } from './route.js';
import {
  CustomerioState,
  nameOf,
  type MembershipOperation,
  type Person,
  type PersonSeed,
  type RecordedEvent,
  type ReportedMetric,
  type ReportingWebhook,
  type Segment,
} from './state.js';
import { subjectKey, TRACK_V1_ROUTES } from './track-v1-routes.js';
import { TRACK_V2_ROUTES } from './track-v2-routes.js';
import { Traffic, type ReceivedRequest } from './traffic.js';

export interface CustomerioServerOptions {
  siteId?: string;
  apiKey?: string;
  appKey?: string;
  /** Of the workspace; `us` unless given. */
  region?: 'us' | 'eu';
  /** 0, the default, takes a free one. */
  port?: number;
  /** Requests beyond this in one second of the server's clock are answered 429 with `Retry-After`. */
  rateLimit?: { requestsPerSecond: number };
  /** The clock of arrival stamps, in ms. */
  now?: () => number;
}

/** Starts a stand-in for Customer.io on this machine, with an empty workspace. */
export async function startCustomerioServer(options: CustomerioServerOptions = {}): Promise<CustomerioServer> {
  const server = new CustomerioServer(options);
  await server.listen(options.port ?? 0);
  return server;
}

/**
 * Customer.io's Track API (`/api/v1`, `/api/v2`, Basic credentials) and App API (`/v1`, Bearer) over real HTTP, with
 * their documented limits, silences and refusals. What the documentation leaves open is decided so that careless clients
 * fail: see the comments at each such place.
 */
export class CustomerioServer extends StandIn {
  readonly siteId: string;
  readonly apiKey: string;
  readonly appKey: string;
  readonly region: 'us' | 'eu';
  readonly faults = new Faults();
  private readonly state = new CustomerioState();
  private readonly traffic = new Traffic();
  private readonly routes: readonly Route[];
  private readonly now: () => number;
  private readonly requestsPerSecond: number;

  constructor(options: CustomerioServerOptions) {
    super();
    this.siteId = options.siteId ?? 'site';
    this.apiKey = options.apiKey ?? 'track-key';
    this.appKey = options.appKey ?? 'app-key';
    this.region = options.region ?? 'us';
    this.now = options.now ?? Date.now;
    this.requestsPerSecond = options.rateLimit?.requestsPerSecond ?? Infinity;
    this.routes = [...TRACK_V1_ROUTES, ...TRACK_V2_ROUTES, ...appRoutes(this.now)];
  }

  /** Where it is reached, without a path: `/api/v1` below it is what a Track client wants, `/v1` an App client. */
  get url(): string {
    return `http://${this.host}`;
  }

  seedPerson(seed: PersonSeed): Person {
    return this.state.addPerson(seed);
  }

  /** From now on takes nothing about whoever has this identifier: a v1 request with them fails as a whole, a v2 item alone. */
  refuse(identifier: string): void {
    this.state.refused.add(identifier);
  }

  /** `type` is `manual` unless given. */
  seedSegment(segment: { id: number; name: string; description?: string; type?: Segment['type'] }): Segment {
    return this.state.addSegment({ ...segment, createdAt: this.now() });
  }

  segment(id: number): Segment | undefined {
    return this.state.segment(id);
  }

  segments(): Segment[] {
    return this.state.segments();
  }

  /** As somebody does who deletes one in Customer.io. */
  deleteSegment(segment: Segment): void {
    this.state.deleteSegment(segment);
  }

  reportingWebhooks(): ReportingWebhook[] {
    return [...this.state.reportingWebhooks.values()];
  }

  people(): Person[] {
    return this.state.people();
  }

  /** Members in the order in which they came, named by customer id, else email, else cio_id. */
  segmentMembers(segmentId: string | number): string[] {
    return [...(this.state.segment(segmentId)?.members ?? [])].map(nameOf);
  }

  events(name?: string): RecordedEvent[] {
    return this.state.events.filter((event) => name === undefined || event.name === name);
  }

  /** What was reported about deliveries, in order. */
  metrics(): readonly ReportedMetric[] {
    return this.state.metrics;
  }

  /** What was applied to memberships, in order; of one segment and person if these are given. */
  membershipOperations(segmentId?: string | number, person?: string): MembershipOperation[] {
    return this.state.membershipOperations.filter(
      (one) =>
        (segmentId === undefined || one.segmentId === Number(segmentId)) &&
        (person === undefined || one.person === person),
    );
  }

  requests(): readonly ReceivedRequest[] {
    return this.traffic.requests;
  }

  /** Requests by unix second, of one route (`PUT /api/v1/customers/:identifier`) or of all. */
  requestsBySecond(route?: string): Map<number, number> {
    return this.traffic.requestsBySecond(route);
  }

  /** The most membership requests ever in flight at once about one person in one segment; without these, about any. */
  mostInFlight(segmentId?: string | number, person?: string): number {
    if (segmentId === undefined || person === undefined) return this.traffic.mostInFlight();
    return this.traffic.mostInFlight(subjectKey(segmentId, person));
  }

  /**
   * Takes a request in, over HTTP or without it: `apply` does its work, with what goes wrong with it, and `end` is to be
   * called when the exchange is over. `origin` is where the client thinks that it reached us.
   */
  receive(request: {
    method: string;
    path: string;
    bytes: Buffer;
    authorization: string | undefined;
    origin: string;
  }): { apply: (fault?: Fault) => Answer; end: () => void } {
    const { method, path, bytes, authorization, origin } = request;
    const received: ReceivedRequest = { method, path, body: parseJson(bytes), receivedAt: this.now() };
    const { pathname, searchParams } = new URL(path, origin);
    const match = matchRoute(this.routes, method, pathname);
    this.traffic.note(received, match?.route.name ?? 'none');
    const call: Call = {
      params: match?.params ?? {},
      query: searchParams,
      body: received.body,
      bodyBytes: bytes.length,
      origin,
      region: this.region,
    };
    return {
      apply: (fault) => this.refusal(received, authorization) ?? this.answer(match, withFault(call, fault)),
      end: this.traffic.enter(match?.route.subjects?.(call, this.state) ?? []),
    };
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bodyOf(request);
    const { method = '', url: path = '' } = request;
    const { authorization } = request.headers;
    const { apply, end } = this.receive({ method, path, bytes, authorization, origin: this.url });
    const fault = this.faults.take();
    response.once('close', end);
    await answerWith(fault, response, () => apply(fault), this.stopping.signal);
  }

  private refusal({ path, receivedAt }: ReceivedRequest, authorization: string | undefined): Answer | undefined {
    if (this.traffic.countIn(Math.floor(receivedAt / 1_000)) > this.requestsPerSecond) {
      return { ...refuse(429, 'too many requests'), headers: { 'Retry-After': '1' } };
    }
    const expected = path.startsWith('/api/')
      ? `Basic ${Buffer.from(`${this.siteId}:${this.apiKey}`).toString('base64')}`
      : `Bearer ${this.appKey}`;
    return authorization === expected ? undefined : refuse(401, 'unauthorized');
  }

  private answer(match: Match | undefined, call: Call): Answer {
    return match ? match.route.answer(call, this.state) : refuse(404, 'not found');
  }
}

function withFault(call: Call, fault: Fault | undefined): Call {
  if (fault?.kind !== 'refusedItems' && fault?.kind !== 'wrongCounts') return call;
  return { ...call, fault: fault.kind };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}
