import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerWith, Faults } from './customerio-server/faults.js';
import { isObject, type Answer } from './customerio-server/route.js';
import { bodyOf, StandIn } from './stand-in.js';

export interface Ga4Hit {
  clientId: string;
  userId: string | undefined;
  timestampMicros: number;
  name: string;
  params: Record<string, unknown>;
}

const LIMITS = {
  bytes: 130_000,
  events: 25,
  params: 25,
  name: 40,
  value: 100,
  userId: 256,
  backdatedMs: 72 * 3_600_000,
};

/**
 * Google Analytics' Measurement Protocol over real HTTP: it answers 2xx whatever comes, and counts only what keeps to its
 * limits; `/debug` tells what is wrong, and counts nothing. A wrong secret counts for nothing, without a word.
 */
export class Ga4Server extends StandIn {
  readonly faults = new Faults();
  /** Every event that was counted, also one that came twice. */
  readonly hits: Ga4Hit[] = [];
  readonly bodies: unknown[] = [];

  private constructor(
    private readonly credentials: { measurementId: string; apiSecret: string },
    private readonly now: () => number,
  ) {
    super();
  }

  static async start(
    credentials: { measurementId: string; apiSecret: string },
    now: () => number = Date.now,
  ): Promise<Ga4Server> {
    const server = new Ga4Server(credentials, now);
    await server.listen();
    return server;
  }

  /** The decisions that were counted, each once, as an analyst counts them. */
  decisions(): unknown[] {
    return [...new Set(this.hits.map((one) => one.params['decision_id']))].sort();
  }

  protected async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await bodyOf(request);
    const url = new URL(request.url ?? '', `http://${this.host}`);
    await answerWith(this.faults.take(), response, () => this.answer(url, bytes), this.stopping.signal);
  }

  private answer({ pathname, searchParams }: URL, bytes: Buffer): Answer {
    const body = JSON.parse(bytes.toString()) as unknown;
    const problem = problemOf(body, bytes.length);
    if (pathname === '/debug/mp/collect') {
      const messages = problem === undefined ? [] : [{ description: problem, validationCode: problem }];
      return { status: 200, body: { validationMessages: messages } };
    }
    if (pathname !== '/mp/collect') return { status: 404 };
    this.bodies.push(body);
    const isKnown =
      searchParams.get('measurement_id') === this.credentials.measurementId &&
      searchParams.get('api_secret') === this.credentials.apiSecret;
    if (isKnown && problem === undefined) this.count(body as Ga4Body);
    return { status: 204 };
  }

  private count({ client_id: clientId, user_id: userId, timestamp_micros: timestampMicros, events }: Ga4Body): void {
    if (this.now() - timestampMicros / 1_000 > LIMITS.backdatedMs) return;
    for (const { name, params } of events) this.hits.push({ clientId, userId, timestampMicros, name, params });
  }
}

interface Ga4Body {
  client_id: string;
  user_id?: string;
  timestamp_micros: number;
  events: { name: string; params: Record<string, unknown> }[];
}

function problemOf(body: unknown, bytes: number): string | undefined {
  if (bytes > LIMITS.bytes) return 'EXCEEDED_MAX_SIZE';
  if (!isObject(body) || typeof body.client_id !== 'string' || body.client_id === '') return 'VALUE_REQUIRED';
  if (!Number.isInteger(body.timestamp_micros)) return 'VALUE_INVALID';
  if (typeof body.user_id === 'string' && [...body.user_id].length > LIMITS.userId) return 'VALUE_INVALID';
  const { events } = body;
  if (!Array.isArray(events) || events.length === 0) return 'VALUE_REQUIRED';
  if (events.length > LIMITS.events) return 'EXCEEDED_MAX_ENTITIES';
  return events.map(eventProblem).find((one) => one !== undefined);
}

function eventProblem(event: unknown): string | undefined {
  if (!isObject(event) || !isName(event.name) || !isObject(event.params)) return 'NAME_INVALID';
  const params = Object.entries(event.params);
  if (params.length > LIMITS.params) return 'EXCEEDED_MAX_ENTITIES';
  for (const [name, value] of params) {
    if (!isName(name)) return 'NAME_INVALID';
    if (typeof value === 'string' ? [...value].length > LIMITS.value : typeof value !== 'number')
      return 'VALUE_INVALID';
  }
  return undefined;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name.length <= LIMITS.name && /^[A-Za-z]\w*$/.test(name);
}
