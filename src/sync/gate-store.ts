import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RequestEnd } from '../destinations/gate.js';
import { prepared, query } from '../platform/database.js';
import type { Pace } from './pace.js';

/** A family of a destination's endpoints. */
export interface GateKey {
  destination: string;
  family: string;
}

/** Leave for one request until the lease ends. */
export interface Entry {
  leaseEndsAt: Date;
}

export type GateState = 'closed' | 'open' | 'half-open';

export interface GateView {
  destination: string;
  family: string;
  /** Of the circuit breaker: `closed` lets requests through, `half-open` one at a time. */
  breaker: GateState;
  failures: number;
  failure: string | null;
  /** Nothing passes until then. */
  openUntil: Date | null;
  /** Until when the destination asked to be left alone. */
  busyUntil: Date | null;
  /** Requests a second that it was slowed down to, where it has not gained its full speed again. */
  slowedTo: number | null;
  underWay: number;
}

/** So many requests in a row without an answer open the breaker. */
export const FAILURES_TO_OPEN = 5;
/** How long it stays open at first; doubled each time that the request that tries again comes to nothing. */
export const FIRST_OPEN_MS = 1_000;
export const LONGEST_OPEN_MS = 60_000;
/** How long a destination is left alone that says "too many" but not for how long. */
export const BUSY_MS = 1_000;
/** In what time a pace that was slowed down to nothing would be the full one again. */
export const RECOVERY_MS = 60_000;
const SLOWEST_SHARE = 0.02;

/**
 * The gates of destinations: a bucket of requests, places for those under way, and a circuit breaker, in one row a family
 * that every process takes from by the database's clock.
 */
@Injectable()
export class GateStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Leave for one request now, or how long until it is worth asking again; 0 where only a place is missing. */
  async enter(
    { destination, family }: GateKey,
    full: Pace,
    own: Pace,
    leaseMs: number,
  ): Promise<Entry | { waitMs: number }> {
    const parameters = [destination, family, full.requestsPerSecond, own.burst, own.requestsAtOnce];
    const [entered] = await prepared<{ ends_at: Date }>(
      this.dataSource.manager,
      'gate-enter',
      `UPDATE destination_gates AS gate
          SET next_at = greatest(next_at, clock.now) + ${STEP}, leases = ${LIVE} || (clock.now + $6 * interval '1 ms')::timestamptz(3)
         FROM (SELECT turnout_now() AS now) AS clock
        WHERE destination = $1 AND family = $2
          AND greatest(busy_until, open_until, next_at - ($4::double precision - 1) * ${STEP}) <= clock.now
          AND cardinality(${LIVE}) < CASE WHEN trips > 0 THEN 1 ELSE $5::integer END
       RETURNING leases[cardinality(leases)] AS ends_at`,
      [...parameters, leaseMs],
    );
    if (entered) return { leaseEndsAt: entered.ends_at };
    const [held] = await prepared<{ wait_ms: number }>(
      this.dataSource.manager,
      'gate-wait',
      `SELECT ceil(1000 * extract(epoch FROM
                greatest(busy_until, open_until, next_at - ($4::double precision - 1) * ${STEP}) - clock.now))::float8 AS wait_ms
         FROM destination_gates AS gate, (SELECT turnout_now() AS now) AS clock
        WHERE destination = $1 AND family = $2 AND $5::integer > 0`,
      parameters,
    );
    if (held) return { waitMs: Math.max(held.wait_ms, 0) };
    await this.create({ destination, family });
    return { waitMs: 0 };
  }

  /** Gives a place back, and learns from what came of the request. */
  async leave({ destination, family }: GateKey, full: Pace, entry: Entry, end: RequestEnd): Promise<void> {
    await prepared(
      this.dataSource.manager,
      'gate-leave',
      `UPDATE destination_gates AS gate
          SET leases = ${leasesWithout('$7')},
              failures = CASE WHEN $4 = 'failed' THEN failures + 1 ELSE 0 END,
              failure = CASE WHEN $4 = 'failed' THEN $5 END,
              trips = CASE WHEN $4 <> 'failed' THEN 0 WHEN ${OPENS} THEN trips + 1 ELSE trips END,
              open_until = CASE WHEN $4 <> 'failed' THEN NULL
                                WHEN ${OPENS} THEN clock.now + least(${LONGEST_OPEN_MS}, ${FIRST_OPEN_MS} * 2 ^ least(trips, 20)) * interval '1 ms'
                                ELSE open_until END,
              busy_until = CASE WHEN $4 = 'busy' THEN greatest(busy_until, clock.now + $6 * interval '1 ms') ELSE busy_until END,
              -- Of several that were under way together only the first slows down.
              slowed_rate = CASE WHEN $4 = 'busy' AND (busy_until IS NULL OR busy_until <= clock.now)
                                 THEN greatest(${RATE} / 2, $3 * ${SLOWEST_SHARE}) ELSE slowed_rate END,
              slowed_at = CASE WHEN $4 = 'busy' THEN greatest(busy_until, clock.now + $6 * interval '1 ms') ELSE slowed_at END
         FROM (SELECT turnout_now() AS now) AS clock
        WHERE destination = $1 AND family = $2`,
      [
        destination,
        family,
        full.requestsPerSecond,
        end.kind,
        end.kind === 'failed' ? end.reason : null,
        end.kind === 'busy' ? (end.forMs ?? BUSY_MS) : 0,
        entry.leaseEndsAt,
      ],
    );
  }

  /** Gives a place back that no request was made in. */
  async giveBack({ destination, family }: GateKey, { leaseEndsAt }: Entry): Promise<void> {
    await query(
      this.dataSource.manager,
      `UPDATE destination_gates
          SET leases = ${leasesWithout('$3')}
        WHERE destination = $1 AND family = $2`,
      [destination, family, leaseEndsAt],
    );
  }

  /** How long nothing at all will pass, in ms. */
  async shutForMs({ destination, family }: GateKey): Promise<number> {
    const [row] = await query<{ wait_ms: number | null }>(
      this.dataSource.manager,
      `SELECT ceil(1000 * extract(epoch FROM greatest(busy_until, open_until) - turnout_now()))::float8 AS wait_ms
         FROM destination_gates WHERE destination = $1 AND family = $2`,
      [destination, family],
    );
    return Math.max(row?.wait_ms ?? 0, 0);
  }

  /** Every gate that anything went through. */
  async list(): Promise<GateView[]> {
    return query<GateView>(
      this.dataSource.manager,
      `SELECT destination, family, failures, failure,
              CASE WHEN trips = 0 THEN 'closed' WHEN open_until > now THEN 'open' ELSE 'half-open' END AS breaker,
              CASE WHEN open_until > now THEN open_until END AS "openUntil",
              CASE WHEN busy_until > now THEN busy_until END AS "busyUntil",
              CASE WHEN slowed_at > now - ${RECOVERY_MS} * interval '1 ms' THEN slowed_rate END AS "slowedTo",
              cardinality(${LIVE.replaceAll('clock.now', 'now')})::integer AS "underWay"
         FROM destination_gates AS gate, (SELECT turnout_now() AS now) AS clock ORDER BY destination, family`,
    );
  }

  private async create({ destination, family }: GateKey): Promise<void> {
    await query(
      this.dataSource.manager,
      `INSERT INTO destination_gates (destination, family, next_at) VALUES ($1, $2, turnout_now()) ON CONFLICT DO NOTHING`,
      [destination, family],
    );
  }
}

/** Requests a second as of now: what it was slowed down to, and what it has gained since; $3 is the full pace. */
const RATE = `least($3::double precision, coalesce(slowed_rate
  + $3::double precision * greatest(extract(epoch FROM clock.now - slowed_at), 0) * 1000 / ${RECOVERY_MS}, $3::double precision))`;

/** The time between two requests. */
const STEP = `(interval '1 second' / ${RATE})`;

/** Leases that have not run out. */
const LIVE = `ARRAY(SELECT lease FROM unnest(leases) AS held (lease) WHERE lease > clock.now)`;

/** What is left of the leases without one, if it is among them. */
function leasesWithout(parameter: string): string {
  const at = `array_position(leases, ${parameter})`;
  return `coalesce(leases[:${at} - 1] || leases[${at} + 1:], leases)`;
}

/** Whether one more failure opens the breaker: the last of several in a row, or the one request that tried again. */
const OPENS = `(open_until IS NULL AND failures + 1 >= ${FAILURES_TO_OPEN} OR open_until <= clock.now)`;
