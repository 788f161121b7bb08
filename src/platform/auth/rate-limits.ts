import type { FastifyRequest } from 'fastify';
import type { CreateRateLimitOptions } from '@fastify/rate-limit';
import { Problem } from '../problem.js';
import type { Scope } from './access.js';

/** How many requests a second one key may make, by the scope that it is used for; 0: as many as it likes. */
export type RequestsPerSecond = Readonly<Record<Scope, number>>;

export const REQUESTS_PER_SECOND = Symbol('RequestsPerSecond');

/** Counted over so long, so that a short burst is no offence. */
const WINDOW_SECONDS = 10;

/** Keys remembered by each process; there are never so many. */
const MOST_KEYS = 5000;

type Limiter = (
  request: FastifyRequest,
) => Promise<{ isAllowed: boolean; isExceeded?: boolean; ttlInSeconds?: number }>;
type MakeLimiter = (options: CreateRateLimitOptions & { cache: number }) => Limiter;

/** Turns away whoever asks too often. Each process counts for itself. */
export class RateLimits {
  private readonly limiters = new Map<Scope, Limiter>();
  private readonly holders = new WeakMap<FastifyRequest, string>();

  constructor(private readonly most: RequestsPerSecond) {}

  /** Counts a request of `holder`, a key or a system that signs. Throws a problem (429) if it is one too many. */
  async count(request: FastifyRequest, holder: string, scope: Scope): Promise<void> {
    if (this.most[scope] === 0) return;
    this.holders.set(request, holder);
    const { isExceeded, ttlInSeconds } = await this.limiter(request, scope)(request);
    if (!isExceeded) return;
    const limit = `at most ${this.most[scope]} requests a second, counted over ${WINDOW_SECONDS} seconds`;
    throw Problem.tooManyRequests(`Too many requests with this key: ${limit}.`, Math.max(1, ttlInSeconds ?? 1));
  }

  /** Made at the first request: the plugin is there by then. */
  private limiter(request: FastifyRequest, scope: Scope): Limiter {
    const known = this.limiters.get(scope);
    if (known) return known;
    const server = request.server as unknown as { createRateLimit: MakeLimiter };
    const limiter = server.createRateLimit({
      max: this.most[scope] * WINDOW_SECONDS,
      timeWindow: WINDOW_SECONDS * 1000,
      cache: MOST_KEYS,
      keyGenerator: (asked) => this.holders.get(asked) ?? '',
    });
    this.limiters.set(scope, limiter);
    return limiter;
  }
}
