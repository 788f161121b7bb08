import { Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import type { OutcomeListener } from './outcome-listeners.js';
import type { Outcome } from './outcome.js';

/** Until a worker has noticed the switch, and since sources round to seconds: rather this much too early than a click lost. */
const NOTICED_WITHIN: Milliseconds = 60_000;

/** From when on a destination is told of what happens; `Infinity` where it hears nothing of that kind. */
export type TellsFrom = (destination: string, kind: Outcome['payload']['kind']) => Instant;

/** Remembers since when each destination hears of clicks and of purchases, across processes and restarts. */
@Injectable()
export class HearingSince {
  private known: { what: string; from: TellsFrom } | undefined;

  /** Notes who has begun to hear, and who no longer does. Costs no query while nothing changes. */
  async of(tx: Transaction, listeners: readonly OutcomeListener[]): Promise<TellsFrom> {
    const heard = listeners.flatMap(({ destination, hearsClicks, conversions }) => [
      ...(hearsClicks ? [[destination, 'click']] : []),
      ...(conversions ? [[destination, 'conversion']] : []),
    ]);
    const what = JSON.stringify(heard);
    if (this.known?.what !== what) this.known = { what, from: await noted(tx, heard) };
    return this.known.from;
  }
}

async function noted(tx: Transaction, heard: readonly string[][]): Promise<TellsFrom> {
  const wanted = [heard.map(([destination]) => destination), heard.map(([, kind]) => kind)];
  await query(
    tx,
    `WITH heard AS (SELECT * FROM unnest($1::text[], $2::text[]) AS one (destination, kind)),
          no_more AS (DELETE FROM link_outcomes_heard
                       WHERE (destination, kind) NOT IN (SELECT destination, kind FROM heard))
     INSERT INTO link_outcomes_heard (destination, kind, since)
     SELECT destination, kind, turnout_now() FROM heard ON CONFLICT DO NOTHING`,
    wanted,
  );
  const rows = await query<{ destination: string; kind: string; since: Date }>(
    tx,
    'SELECT destination, kind, since FROM link_outcomes_heard',
  );
  const since = new Map(rows.map((row) => [`${row.kind} ${row.destination}`, row.since.getTime()]));
  return (destination, kind) => (since.get(`${kind} ${destination}`) ?? Infinity) - NOTICED_WITHIN;
}
