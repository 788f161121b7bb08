import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { instantsOf, merged, tallyOf, type Arrival, type ArrivalTally } from './arrivals.js';
import {
  addLags,
  hourOf,
  lateFrom,
  NO_LAGS,
  RHYTHM_MS,
  silencesBetween,
  usualLag,
  usualSilence,
  HOUR,
  type LagCounts,
  type Silence,
} from './source-rhythm.js';

/** Under this token: after how long a silence a source is late whose rhythm is not known yet, in ms. */
export const SILENCE_LIMIT_MS = Symbol('SilenceLimitMs');

/** How fresh what is known from a source is. */
export interface Freshness {
  source: string;
  /** Live events that were news. A crash may lose the count of its last second. */
  events: number;
  /** Null: nothing ever came. */
  lastReceivedAt: Instant | null;
  lastOccurredAt: Instant | null;
  /** How long after it happened an event usually comes; null: nothing ever came. */
  usualLag: Milliseconds | null;
  /** When the source is, or would be, late if nothing more happens; null: nothing ever came. */
  lateAt: Instant | null;
  isLate: boolean;
  /** `lateAt`, once it has come. */
  lateSince: Instant | null;
}

interface Known {
  events: number;
  lastReceivedAt: Instant;
  lastOccurredAt: Instant;
  lags: LagCounts;
}

/** How often a process writes what came, and how old what it reads of others' may be. */
const EVERY_MS = 1_000;

/**
 * For each source when something last came and happened, and whether that is longer ago than its own rhythm allows. Kept
 * beside the events, once a second and process, so that no row is everybody's; what this process knows is read at once.
 */
@Injectable()
export class SourceFreshness implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SourceFreshness.name);
  private readonly pending = new Map<string, ArrivalTally>();
  private writing: { tallies: ReadonlyMap<string, ArrivalTally>; done: Promise<void> } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private read: { at: number; known: Map<string, Known> } | undefined;
  private readonly usual = new Map<string, { hour: Instant; silence: Milliseconds | null }>();

  constructor(
    private readonly dataSource: DataSource,
    @Inject(SILENCE_LIMIT_MS) private readonly silenceLimit: Milliseconds,
  ) {}

  /** Notes what has come, once it is committed. Costs no query. */
  note(source: string, arrival: Arrival): void {
    this.pending.set(source, merged(this.pending.get(source), tallyOf(arrival)));
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.flush().catch((error: unknown) => {
        this.logger.warn({ msg: 'the freshness of sources was not written; the next second tries again', err: error });
      });
    }, EVERY_MS).unref();
  }

  /** How fresh these sources are as of an instant. Cheap: at most a query a second. */
  async of(sources: readonly string[], asOf: Instant): Promise<Map<string, Freshness>> {
    const known = await this.known();
    const fresh = new Map<string, Freshness>();
    for (const source of sources) fresh.set(source, await this.judged(source, this.withOwn(source, known), asOf));
    return fresh;
  }

  /** When these sources were last heard of, null: never; asked of a transaction. As cheap: of rhythms nothing is reckoned. */
  async lastReceived(tx: Transaction, sources: readonly string[]): Promise<Map<string, Instant | null>> {
    const known = await this.known(tx);
    return new Map(sources.map((source) => [source, this.withOwn(source, known)?.lastReceivedAt ?? null]));
  }

  /** Every source that was ever heard of, everything this process knows written. */
  async all(asOf: Instant): Promise<Freshness[]> {
    await this.flush();
    const sources = [...(await this.known()).keys()].sort();
    return [...(await this.of(sources, asOf)).values()];
  }

  /** Writes what is noted. When it fails it is noted still. */
  async flush(): Promise<void> {
    while (this.writing) await this.writing.done.catch(() => undefined);
    if (this.pending.size === 0) return;
    const tallies = new Map([...this.pending].sort(([a], [b]) => (a < b ? -1 : 1)));
    this.pending.clear();
    const done = this.dataSource.transaction(async (tx) => {
      for (const [source, tally] of tallies) await this.write(tx, source, tally);
    });
    this.writing = { tallies, done };
    try {
      await done;
    } catch (error) {
      for (const [source, tally] of tallies) this.pending.set(source, merged(this.pending.get(source), tally));
      throw error;
    } finally {
      this.writing = undefined;
      this.read = undefined;
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.flush().catch((error: unknown) => {
      this.logger.warn({ msg: 'the freshness of sources was not written', err: error });
    });
  }

  private async known(tx: Transaction = this.dataSource.manager): Promise<Map<string, Known>> {
    if (this.read && performance.now() - this.read.at < EVERY_MS) return this.read.known;
    const at = performance.now();
    const rows = await query<FreshnessRow>(
      tx,
      'SELECT source, events, last_received_at, last_occurred_at, lags FROM source_freshness',
    );
    const known = new Map(rows.map((row) => [row.source, knownOf(row)]));
    this.read = { at, known };
    return known;
  }

  /** What is written about a source, and what this process has yet to write. */
  private withOwn(source: string, known: ReadonlyMap<string, Known>): Known | undefined {
    let state = known.get(source);
    for (const tally of [this.writing?.tallies.get(source), this.pending.get(source)]) {
      if (!tally || (!state && tally.events === 0)) continue;
      state = {
        events: (state?.events ?? 0) + tally.events,
        lastReceivedAt: Math.max(state?.lastReceivedAt ?? -Infinity, tally.lastReceivedAt),
        lastOccurredAt: Math.max(state?.lastOccurredAt ?? -Infinity, tally.newest),
        lags: addLags(state?.lags ?? NO_LAGS, tally.lags, 0),
      };
    }
    return state;
  }

  private async judged(source: string, known: Known | undefined, asOf: Instant): Promise<Freshness> {
    if (!known) {
      const never = { lastReceivedAt: null, lastOccurredAt: null, usualLag: null, lateAt: null, lateSince: null };
      return { source, events: 0, ...never, isLate: false };
    }
    const { lags, ...told } = known;
    const lag = usualLag(lags);
    const silence = await this.usualSilence(source, known.lastOccurredAt);
    const lateAt = lateFrom(known.lastOccurredAt, { silence, lag: lag ?? 0 }, this.silenceLimit);
    const isLate = asOf >= lateAt;
    return { source, ...told, usualLag: lag, lateAt, isLate, lateSince: isLate ? lateAt : null };
  }

  /** Rests on past weeks alone, so it is looked up once an hour and source. */
  private async usualSilence(source: string, from: Instant): Promise<Milliseconds | null> {
    const hour = hourOf(from);
    const looked = this.usual.get(source);
    if (looked?.hour === hour) return looked.silence;
    const rows = await query<{ hour: Date; longest_ms: string }>(
      this.dataSource.manager,
      'SELECT hour, longest_ms FROM source_silences WHERE source = $1 AND hour BETWEEN $2 AND $3',
      [source, new Date(hour - RHYTHM_MS - HOUR), new Date(hour)],
    );
    const past: Silence[] = rows.map((row) => ({ hour: row.hour.getTime(), length: Number(row.longest_ms) }));
    const silence = usualSilence(past, hour);
    this.usual.set(source, { hour, silence });
    return silence;
  }

  private async write(tx: Transaction, source: string, tally: ArrivalTally): Promise<void> {
    const happened = instantsOf(tally).sort((a, b) => a - b);
    const [first] = happened;
    await query(
      tx,
      `INSERT INTO source_freshness (source, events, last_received_at, last_occurred_at, lags)
       SELECT $1, 0, $2::timestamptz, $3::timestamptz, '{}' WHERE $3 IS NOT NULL ON CONFLICT DO NOTHING`,
      [source, new Date(tally.lastReceivedAt), first === undefined ? null : new Date(first)],
    );
    const [row] = await query<FreshnessRow>(
      tx,
      `SELECT source, events, last_received_at, last_occurred_at, lags FROM source_freshness
        WHERE source = $1 FOR UPDATE`,
      [source],
    );
    if (!row) return; // nothing but duplicates of what came before anybody noted it
    const known = knownOf(row);
    const { newest, silences } = silencesBetween(known.lastOccurredAt, happened);
    await query(
      tx,
      `UPDATE source_freshness
          SET events = events + $2, last_received_at = greatest(last_received_at, $3), last_occurred_at = $4, lags = $5
        WHERE source = $1`,
      [
        source,
        tally.events,
        new Date(tally.lastReceivedAt),
        new Date(newest),
        addLags(known.lags, tally.lags, tally.lastReceivedAt - known.lastReceivedAt),
      ],
    );
    if (silences.length === 0) return;
    await query(
      tx,
      `INSERT INTO source_silences AS known (source, hour, longest_ms)
       SELECT $1, * FROM unnest($2::timestamptz[], $3::bigint[])
       ON CONFLICT (source, hour) DO UPDATE SET longest_ms = excluded.longest_ms
        WHERE known.longest_ms < excluded.longest_ms`,
      [source, silences.map((one) => new Date(one.hour)), silences.map((one) => Math.round(one.length))],
    );
  }
}

interface FreshnessRow {
  source: string;
  events: string;
  last_received_at: Date;
  last_occurred_at: Date;
  lags: number[];
}

function knownOf(row: FreshnessRow): Known {
  return {
    events: Number(row.events),
    lastReceivedAt: row.last_received_at.getTime(),
    lastOccurredAt: row.last_occurred_at.getTime(),
    lags: row.lags,
  };
}
