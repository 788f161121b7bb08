import { Injectable } from '@nestjs/common';
import type { HistoryStart } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { nameFits } from '../core/matcher.js';
import type { EventName } from '../core/rule.js';
import {
  DeclaredCache,
  heldCatalogueRevision,
  raiseRevisionBesideRules,
  raiseRuleRevision,
} from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { AskedNames } from './asked-names.js';

/** An event that a rule can rest on, and a source that tells of it. */
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
   * Notes that events of these names come in from a source: from the first of a name on they are known completely. A name
   * that is new, and that rules ask for, has every profile looked at again; another source of one that is known changes no
   * membership.
   */
  async begin(tx: Transaction, source: string, eventNames: readonly string[], asked: AskedNames): Promise<void> {
    const unknown = eventNames.filter((name) => !this.begun.has(pairOf(source, name)));
    if (unknown.length === 0) return;
    const rows = await query<{ event_name: string; is_new: boolean }>(
      tx,
      `WITH known AS (
         SELECT event_name, min(starts_at) AS starts_at FROM event_histories WHERE event_name = ANY ($1) GROUP BY event_name
       ), begun AS (
         INSERT INTO event_histories (event_name, source, starts_at)
         SELECT name, $2, coalesce(starts_at, turnout_now())
           FROM unnest($1::text[]) AS new (name) LEFT JOIN known ON event_name = name ORDER BY name
         ON CONFLICT DO NOTHING RETURNING event_name
       )
       SELECT event_name, event_name NOT IN (SELECT event_name FROM known) AS is_new FROM begun`,
      [unknown, source],
    );
    if (rows.length === 0) return;
    const begun = rows.filter((row) => row.is_new).map((row) => row.event_name);
    const areAsked = begun.length > 0 && (await asked.includeAny(tx, await heldCatalogueRevision(tx), begun));
    if (areAsked) await raiseRuleRevision(tx);
    else await raiseRevisionBesideRules(tx);
  }

  /** Remembers, once the transaction of {@link begin} has committed, that there is nothing more to note. */
  hasBegun(source: string, eventNames: readonly string[]): void {
    for (const name of eventNames) this.begun.add(pairOf(source, name));
  }

  /**
   * Declares since when a source's data are complete: for every name that it has sent, and for those given, which it may
   * never have. Returns the names.
   */
  declare(tx: Transaction, source: string, startsAt: Instant, eventNames: readonly string[]): Promise<string[]> {
    return this.write(tx, source, startsAt, eventNames, '$3');
  }

  /** The same of data that were added, after an import: what was known for longer stays so. */
  extend(tx: Transaction, source: string, startsAt: Instant, eventNames: readonly string[]): Promise<string[]> {
    return this.write(tx, source, startsAt, eventNames, 'least(known.starts_at, $3)');
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
      `WITH named AS (
         SELECT unnest($1::text[]) AS name UNION SELECT event_name FROM event_histories WHERE source = $2
       ), others AS (
         UPDATE event_histories AS known SET starts_at = ${whereKnown}
          WHERE event_name IN (SELECT name FROM named) AND source <> $2
       )
       INSERT INTO event_histories AS known (event_name, source, starts_at)
       SELECT name, $2, $3::timestamptz FROM named
       ON CONFLICT (event_name, source) DO UPDATE SET starts_at = ${whereKnown}
       RETURNING event_name AS name`,
      [eventNames, source, new Date(startsAt)],
    );
    if (rows.length > 0) await raiseRuleRevision(tx);
    return rows.map((row) => row.name).sort();
  }

  /**
   * Which events are known under some names, once for each source that sends them, and since when they are complete; a name
   * under which nothing ever came stands alone.
   */
  async eventsNamed(tx: Transaction, names: readonly EventName[]): Promise<KnownEvent[]> {
    const rows = await query<{ event_name: string; source: string; starts_at: Date }>(
      tx,
      `SELECT event_name, source, min(starts_at) OVER (PARTITION BY event_name) AS starts_at FROM event_histories
        ORDER BY event_name, source`,
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
      'SELECT event_name, min(starts_at) AS starts_at FROM event_histories GROUP BY event_name',
    );
    return historyStartOf(new Map(rows.map((row) => [row.event_name, row.starts_at.getTime()])));
  }
}

function pairOf(source: string, eventName: string): string {
  return JSON.stringify([source, eventName]);
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
