import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import type { Dimension, Metric } from './judge-downstream.js';
import type { CountRow, CountsFile } from './read-counts.js';

/** A file of counts, by whose days. */
export interface ToldCounts extends CountsFile {
  tool: string;
  timeZone: string;
}

/** What other tools counted. */
@Injectable()
export class DownstreamStore {
  /** A day that is told of again is replaced whole. Returns the days. */
  async put(tx: Transaction, { tool, metric, dimension, timeZone, rows }: ToldCounts): Promise<string[]> {
    const days = [...new Set(rows.map((row) => row.day))].sort();
    await query(tx, `SELECT pg_advisory_xact_lock(hashtextextended('downstream counts', 0))`);
    await query(
      tx,
      'DELETE FROM downstream_counts WHERE tool = $1 AND metric = $2 AND dimension = $3 AND day = ANY($4::date[])',
      [tool, metric, dimension, days],
    );
    await query(
      tx,
      `INSERT INTO downstream_counts (tool, metric, dimension, time_zone, imported_at, day, value, count)
       SELECT $1, $2, $3, $4, turnout_now(), * FROM unnest($5::date[], $6::text[], $7::double precision[])`,
      [
        ...[tool, metric, dimension, timeZone],
        rows.map((row) => row.day),
        rows.map((row) => row.value),
        rows.map((row) => row.count),
      ],
    );
    return days;
  }

  /** What is known of days from one to another, both included; by tool, metric, dimension and time zone. */
  async between(tx: Transaction, from: string, to: string): Promise<ToldCounts[]> {
    const rows = await query<CountRow & { tool: string; metric: Metric; dimension: Dimension; timeZone: string }>(
      tx,
      `SELECT tool, metric, dimension, time_zone AS "timeZone", day::text, value, count
         FROM downstream_counts WHERE day >= $1::date AND day <= $2::date
        ORDER BY tool, metric DESC, dimension, time_zone, day, value`,
      [from, to],
    );
    const told = new Map<string, ToldCounts>();
    for (const { tool, metric, dimension, timeZone, ...row } of rows) {
      const key = JSON.stringify([tool, metric, dimension, timeZone]);
      const known = told.get(key) ?? { tool, metric, dimension, timeZone, rows: [] };
      told.set(key, known);
      known.rows.push(row);
    }
    return [...told.values()];
  }
}
