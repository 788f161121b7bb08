import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { plainArray } from '../platform/array-parameters.js';
import { query, type Transaction } from '../platform/database.js';
import { inTurns } from '../platform/in-turns.js';
import { ever, historiesOfMany } from '../profiles/histories-of-many.js';
import { REPORTED_EVENTS } from '../profiles/reported-events.js';
import { ORIGINS } from './cuts.js';
import { COUNTS, type FigureSum } from './figure.js';
import { FigureFollowers } from './figure-followers.js';
import { FIGURE_TABLES } from './figure-tables.js';
import { sumsOf } from './figures-of.js';
import { replaceShares } from './month-shares.js';
import { PERIODS, type Period } from './report-question.js';

const KEY = 'cut, kind, day, value, step, currency';
const MEASURES: readonly string[] = [...COUNTS, 'revenue'];
const IS_NOTHING = MEASURES.map((one) => `known.${one} = 0`).join(' AND ');
const CHANGES_AT_ONCE = 50_000;

interface MarkedRow {
  lane: number;
  id: string;
  /** Tells one state of the row from every other: whoever marks a profile writes its row. */
  state: string;
}

const FIRST = { lane: -1, id: '0' };

/**
 * Keeps the figures as a full recomputation would have them. Whatever changes what a profile adds marks its row in the same
 * transaction; what it adds is then worked out anew from its whole history, and replaces what it added before. Of the
 * difference a trigger makes changes, which {@link fold} adds to the figures: nobody waits for a row that many share.
 */
@Injectable()
export class FigureKeeper {
  private last: Pick<MarkedRow, 'lane' | 'id'> = FIRST;

  constructor(
    private readonly dataSource: DataSource,
    private readonly ctas: CtaStore,
    private readonly followers: FigureFollowers,
  ) {}

  /**
   * Counts up to `most` profiles anew, those behind the ones that were counted last; how many there were, none while another
   * worker is at it. Nobody who brings events waits for that: who changed meanwhile stays marked. Nothing is lost by a crash.
   */
  count(most: number): Promise<number> {
    return this.dataSource.transaction(async (tx) => {
      if (!(await isAlone(tx, 'count link reports'))) return 0;
      const marked = await query<MarkedRow>(
        tx,
        `SELECT lane, id, xmin::text AS state FROM profiles WHERE is_link_report_due AND (lane, id) > ($2, $3)
          ORDER BY lane, id LIMIT $1 FOR KEY SHARE SKIP LOCKED`,
        [most, this.last.lane, this.last.id],
      );
      const ids = marked.map(({ id }) => Number(id));
      if (ids.length > 0) {
        await replaceShares(tx, await this.sharesOf(tx, ids));
        await this.followers.afterCount(tx, ids);
        await this.unmark(tx, marked);
      }
      this.last = marked.length === most ? marked.at(-1)! : FIRST;
      return ids.length;
    });
  }

  /**
   * What profiles add, from their histories as of now. After their marks were read: a change of the catalogue that is not
   * seen here marks them again.
   */
  async sharesOf(tx: Transaction, ids: readonly number[]): Promise<Map<number, FigureSum[]>> {
    const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
    const histories = await historiesOfMany(tx, ids, ever(REPORTED_EVENTS));
    return new Map(await inTurns(histories, ([id, events]) => [id, sumsOf(classifier.classify(events))] as const));
  }

  /** Adds changes to the figures; false when there were none, or another worker is at it. */
  fold(): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      if (!(await isAlone(tx, 'fold link report changes'))) return false;
      const [folded] = await query<{ any: boolean } & Record<Period, string[]>>(
        tx,
        `WITH taken AS (
           DELETE FROM link_report_changes
            WHERE id IN (SELECT id FROM link_report_changes ORDER BY id LIMIT $1) RETURNING *
         ), ${PERIODS.map((period) => `added_by_${period} AS (${addTaken(period)})`).join(', ')}
         SELECT EXISTS (SELECT FROM taken) AS any,
                ${PERIODS.map((period) => `ARRAY(SELECT at FROM added_by_${period} WHERE is_nothing) AS ${period}`).join(', ')}`,
        [CHANGES_AT_ONCE],
      );
      if (!folded!.any) return false;
      // They are where they were: nobody else writes figures.
      for (const period of PERIODS) {
        if (folded![period].length === 0) continue;
        await query(tx, `DELETE FROM ${FIGURE_TABLES[period]} WHERE ctid = ANY($1::tid[])`, [folded![period]]);
      }
      return true;
    });
  }

  /** Of those whose rows are what they were when they were read, and not about to change: all others are to be counted again. */
  private async unmark(tx: Transaction, counted: readonly MarkedRow[]): Promise<void> {
    await query(
      tx,
      `UPDATE profiles SET is_link_report_due = false WHERE (lane, id) IN (
         SELECT profiles.lane, profiles.id FROM unnest($1::smallint[], $2::bigint[], $3::text[]) AS counted (l, p, state)
           JOIN profiles ON profiles.lane = l AND profiles.id = p AND xmin::text = state
          FOR NO KEY UPDATE OF profiles SKIP LOCKED)`,
      [
        plainArray(counted.map((one) => one.lane)),
        plainArray(counted.map((one) => one.id)),
        plainArray(counted.map((one) => one.state)),
      ],
    );
  }
}

/** The statement that adds the changes taken to the figures of a period, and tells where nothing is left. */
function addTaken(period: Period): string {
  return `
    INSERT INTO ${FIGURE_TABLES[period]} AS known (${KEY}, ${MEASURES.join(', ')})
    SELECT cut, kind, date_trunc('${period}', day::timestamp)::date, value, step, currency,
           ${MEASURES.map((one) => `sum(${one})`).join(', ')}
      FROM taken ${period === 'day' ? '' : `WHERE cut <> '${ORIGINS}'`}
     GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (${KEY}) DO UPDATE
       SET ${MEASURES.map((one) => `${one} = known.${one} + excluded.${one}`).join(', ')}
    RETURNING known.ctid::text AS at, ${IS_NOTHING} AS is_nothing`;
}

/** Whether no other transaction does the same, until this one ends. */
async function isAlone(tx: Transaction, what: string): Promise<boolean> {
  const [lock] = await query<{ taken: boolean }>(
    tx,
    'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken',
    [what],
  );
  return lock!.taken;
}
