import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../../platform/database.js';
import type { ReadingState } from './file-reader.js';
import { ImportBadLine, ImportRow } from './import.entities.js';
import type { ImportFormat } from './mapping.js';

/** What an import was asked to do; the same whenever it is gone on with. */
export interface ImportOptions {
  mapping: string;
  format: ImportFormat;
  source: string;
  shop: string | null;
  /** Field to column, beyond what the mapping knows. */
  map: Record<string, string>;
  /** Events from then on are left out, ISO 8601: the live ones have come since. */
  until: string | null;
  completeSince: string | null;
}

export interface BadLine {
  line: number;
  reason: string;
  problem: string;
}

/** What a piece of a file came to. */
export interface Piece {
  bytes: number;
  /** CRC-32 of the file up to there. */
  checksum: number | undefined;
  lines: number;
  header: ReadingState['header'];
  stored: number;
  duplicates: number;
  skipped: number;
  tooOld: number;
  bad: readonly BadLine[];
  eventNames: readonly string[];
}

/** Of each import at most so many bad lines are kept; all are counted. */
export const MOST_BAD_LINES = 10_000;

/** Imports and their bad lines. */
@Injectable()
export class ImportStore {
  /** Whether an import ever brought events of this source. */
  async isSource(tx: Transaction, source: string): Promise<boolean> {
    const rows = await query(tx, `SELECT FROM imports WHERE options ->> 'source' = $1 LIMIT 1`, [source]);
    return rows.length > 0;
  }

  /**
   * Begins an import, or takes over one with the same id, options and size that is not done; whoever was at it is refused
   * the next piece. Undefined: there is one with other options. One that has read of a file of another size is left as it
   * is.
   */
  async begin(
    tx: Transaction,
    id: string,
    options: ImportOptions,
    size: number | null,
  ): Promise<ImportRow | undefined> {
    await query(
      tx,
      `INSERT INTO imports AS known
         (id, options, state, run, size, bytes, checksum, lines, stored, duplicates, skipped, set_aside, too_old, event_names,
          started_at, run_started_at, run_from_bytes, run_from_lines, updated_at)
       VALUES ($1, $2, 'running', 1, $3, 0, 0, 0, 0, 0, 0, 0, 0, '{}', turnout_now(), turnout_now(), 0, 0, turnout_now())
       ON CONFLICT (id) DO UPDATE
          SET run = known.run + 1, state = 'running', size = coalesce(excluded.size, known.size),
              run_started_at = turnout_now(), run_from_bytes = known.bytes, run_from_lines = known.lines,
              updated_at = turnout_now()
        WHERE known.options = excluded.options AND known.state <> 'done'
          AND (known.bytes = 0 OR coalesce(known.size = excluded.size, true))`,
      [id, JSON.stringify(options), size],
    );
    const row = await this.find(tx, id);
    const [same] = await query<{ same: boolean }>(tx, 'SELECT options = $2::jsonb AS same FROM imports WHERE id = $1', [
      id,
      JSON.stringify(options),
    ]);
    return row && same?.same ? row : undefined;
  }

  /** Adds what a piece came to; false when another run has taken the import over. */
  async advance(tx: Transaction, { id, run }: Pick<ImportRow, 'id' | 'run'>, piece: Piece): Promise<boolean> {
    const rows = await query<{ set_aside: string }>(
      tx,
      `UPDATE imports
          SET bytes = $3, checksum = $12, lines = $4, header = $5, stored = stored + $6, duplicates = duplicates + $7,
              skipped = skipped + $8, too_old = too_old + $9, set_aside = set_aside + $10,
              event_names = ARRAY(SELECT DISTINCT unnest(event_names || $11::text[]) ORDER BY 1), updated_at = turnout_now()
        WHERE id = $1 AND run = $2 RETURNING set_aside`,
      [
        id,
        run,
        piece.bytes,
        piece.lines,
        JSON.stringify(piece.header),
        piece.stored,
        piece.duplicates,
        piece.skipped,
        piece.tooOld,
        piece.bad.length,
        piece.eventNames,
        piece.checksum ?? null,
      ],
    );
    if (rows.length === 0) return false;
    const before = Number(rows[0]!.set_aside) - piece.bad.length;
    const kept = piece.bad.slice(0, Math.max(0, MOST_BAD_LINES - before));
    if (kept.length === 0) return true;
    await query(
      tx,
      `INSERT INTO import_bad_lines (import_id, line, reason, problem)
       SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
      [id, kept.map((one) => one.line), kept.map((one) => one.reason), kept.map((one) => one.problem)],
    );
    return true;
  }

  /** Says how a run ended; nothing if another one has taken over. */
  async leave(
    tx: Transaction,
    { id, run }: Pick<ImportRow, 'id' | 'run'>,
    state: 'interrupted' | 'done',
    declaredNames: readonly string[] | null = null,
  ): Promise<void> {
    await query(
      tx,
      `UPDATE imports SET state = $3, declared_names = $4, updated_at = turnout_now()
        WHERE id = $1 AND run = $2 AND state = 'running'`,
      [id, run, state, declaredNames],
    );
  }

  /** Leaves nothing of an import of which nothing was read; if another run has taken over, nothing happens. */
  async forget(tx: Transaction, { id, run }: Pick<ImportRow, 'id' | 'run'>): Promise<void> {
    await query(tx, 'DELETE FROM imports WHERE id = $1 AND run = $2 AND bytes = 0', [id, run]);
  }

  find(tx: Transaction, id: string): Promise<ImportRow | null> {
    return tx.findOneBy(ImportRow, { id });
  }

  /** Newest first. */
  list(tx: Transaction, most: number): Promise<ImportRow[]> {
    return tx.find(ImportRow, { order: { startedAt: 'DESC', id: 'ASC' }, take: most });
  }

  badLines(tx: Transaction, id: string, after: number, most: number): Promise<ImportBadLine[]> {
    return tx
      .createQueryBuilder(ImportBadLine, 'bad')
      .where('bad.importId = :id AND bad.line > :after', { id, after })
      .orderBy('bad.line')
      .limit(most)
      .getMany();
  }
}
