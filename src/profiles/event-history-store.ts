import { Injectable } from '@nestjs/common';
import type { HistoryStart } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { nameFits } from '../core/matcher.js';
import type { EventName } from '../core/rule.js';
import { DeclaredCache, raiseRuleRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';

/** An event that a rule can rest on. */
export interface KnownEvent {
  event: EventName;
  source: string | null;
  completeSince: Date | null;
}

/** Since when the data about each kind of event are complete: what a "did not" may rest on. */
@Injectable()
export class EventHistoryStore {
  private readonly starts = new DeclaredCache<HistoryStart>((tx) => this.load(tx));
  private readonly begun = new Set<string>();

  /** As of the catalogue's revision; `Infinity` for events that never came. */
  current(tx: Transaction, revision: number): Promise<HistoryStart> {
    return this.starts.current(tx, revision);
  }

  /**
   * Notes that events of these names come in: from the first of a name on they are known completely. A name that is new
   * has every profile looked at again.
   */
  async begin(tx: Transaction, source: string, eventNames: readonly string[]): Promise<void> {
    const unknown = eventNames.filter((name) => !this.begun.has(name));
    if (unknown.length === 0) return;
    const rows = await query(
      tx,
      `INSERT INTO event_histories (event_name, source, starts_at)
       SELECT name, $2, turnout_now() FROM unnest($1::text[]) AS new (name) ORDER BY name
       ON CONFLICT DO NOTHING RETURNING event_name`,
      [unknown, source],
    );
    if (rows.length > 0) await raiseRuleRevision(tx);
  }

  /** Remembers, once the transaction of {@link begin} has committed, that there is nothing more to note. */
  hasBegun(eventNames: readonly string[]): void {
    for (const name of eventNames) this.begun.add(name);
  }

  /**
   * Declares since when a source's data are complete: for every name that it has sent, and for those given, which it may
   * never have. Returns the names.
   */
  declare(tx: Transaction, source: string, startsAt: Instant, eventNames: readonly string[]): Promise<string[]> {
    return this.write(tx, source, startsAt, eventNames, 'excluded.starts_at');
  }

  /** The same of data that were added, after an import: what was known for longer stays so. */
  extend(tx: Transaction, source: string, startsAt: Instant, eventNames: readonly string[]): Promise<string[]> {
    return this.write(tx, source, startsAt, eventNames, 'least(known.starts_at, excluded.starts_at)');
  }

  private async write(
    tx: Transaction,
    source: string,
    startsAt: Instant,
    eventNames: readonly string[],
    whereKnown: string,
  ): Promise<string[]> {
    const rows = await query<{ name: string }>(
      tx,
      `INSERT INTO event_histories AS known (event_name, source, starts_at)
       SELECT name, $2, $3 FROM (
         SELECT unnest($1::text[]) AS name UNION SELECT event_name FROM event_histories WHERE source = $2
       ) AS named
       ON CONFLICT (event_name) DO UPDATE SET starts_at = ${whereKnown}
       RETURNING event_name AS name`,
      [eventNames, source, new Date(startsAt)],
    );
    if (rows.length > 0) await raiseRuleRevision(tx);
    return rows.map((row) => row.name).sort();
  }

  /**
   * Which events are known under some names, which source sends each, and since when they are complete; a name under
   * which nothing ever came stands alone.
   */
  async eventsNamed(tx: Transaction, names: readonly EventName[]): Promise<KnownEvent[]> {
    const rows = await query<{ event_name: string; source: string; starts_at: Date }>(
      tx,
      'SELECT event_name, source, starts_at FROM event_histories ORDER BY event_name',
    );
    return names.flatMap((wanted): KnownEvent[] => {
      const known = rows.filter((row) => nameFits(wanted, row.event_name));
      if (known.length === 0) return [{ event: wanted, source: null, completeSince: null }];
      return known.map((row) => ({ event: row.event_name, source: row.source, completeSince: row.starts_at }));
    });
  }

  private async load(tx: Transaction): Promise<HistoryStart> {
    const rows = await query<{ event_name: string; starts_at: Date }>(
      tx,
      'SELECT event_name, starts_at FROM event_histories',
    );
    return historyStartOf(new Map(rows.map((row) => [row.event_name, row.starts_at.getTime()])));
  }
}

/** Names that begin alike are known completely since the last of them is. Without any, nothing ever came. */
export function historyStartOf(starts: ReadonlyMap<string, Instant>): HistoryStart {
  return (wanted) => {
    const own = typeof wanted === 'string' ? [starts.get(wanted) ?? Infinity] : startsFitting(starts, wanted);
    const start = own.length > 0 ? Math.max(...own) : Infinity;
    return start <= 0 ? -Infinity : start; // declared as the beginning of time: complete, however far back
  };
}

function startsFitting(starts: ReadonlyMap<string, Instant>, wanted: EventName): Instant[] {
  return [...starts].filter(([name]) => nameFits(wanted, name)).map(([, start]) => start);
}
