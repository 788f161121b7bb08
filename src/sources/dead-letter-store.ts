import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import type { Identifier } from '../profiles/identifier.js';
import { query, type Transaction } from '../platform/database.js';

/** Something that was meant for us and can't be used, whole, with the reason. */
export interface DeadLetter {
  source: string;
  reason: string;
  problem: string;
  body: Buffer;
}

/** A dead letter as it is kept. */
export interface StoredDeadLetter {
  id: string;
  source: string;
  reason: string;
  body: Buffer;
  receivedAt: Date;
}

export interface DeadLetterView {
  id: string;
  source: string;
  reason: string;
  problem: string;
  receivedAt: Date;
  bytes: number;
}

/** Which of them, newest first, from before the id `after` on. */
export interface DeadLetterPage {
  source?: string;
  reason?: string;
  after?: string;
  limit: number;
}

const VIEW = 'id, source, reason, problem, received_at AS "receivedAt", length(body) AS bytes';

/** Signed deliveries that could not be used. */
@Injectable()
export class DeadLetterStore {
  async add(tx: Transaction, letters: readonly DeadLetter[], receivedAt: Instant): Promise<void> {
    if (letters.length === 0) return;
    await query(
      tx,
      `INSERT INTO dead_letters (source, reason, problem, body, received_at)
       SELECT *, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])`,
      [
        letters.map((one) => one.source),
        letters.map((one) => one.reason),
        letters.map((one) => one.problem),
        letters.map((one) => one.body),
        new Date(receivedAt),
      ],
    );
  }

  /** How many there are of each source, and when the last came. */
  async counts(tx: Transaction): Promise<Map<string, { letters: number; lastAt: Instant }>> {
    const rows = await query<{ source: string; letters: string; lastAt: Date }>(
      tx,
      'SELECT source, count(*) AS letters, max(received_at) AS "lastAt" FROM dead_letters GROUP BY source',
    );
    return new Map(rows.map((row) => [row.source, { letters: Number(row.letters), lastAt: row.lastAt.getTime() }]));
  }

  /** A page, newest first, without the bodies. */
  list(tx: Transaction, { source, reason, after, limit }: DeadLetterPage): Promise<DeadLetterView[]> {
    return query<DeadLetterView>(
      tx,
      `SELECT ${VIEW} FROM dead_letters
        WHERE ($1::text IS NULL OR source = $1) AND ($2::text IS NULL OR reason = $2) AND ($3::bigint IS NULL OR id < $3)
        ORDER BY id DESC LIMIT $4`,
      [source, reason, after, limit],
    );
  }

  /** One of them, whole. */
  async find(tx: Transaction, id: string): Promise<(DeadLetterView & { body: Buffer }) | undefined> {
    const sql = `SELECT ${VIEW}, body FROM dead_letters WHERE id = $1`;
    return (await query<DeadLetterView & { body: Buffer }>(tx, sql, [id]))[0];
  }

  /** Those in whose bodies an identifier stands as a value of its own. Short ids stand for many things and are not looked for. */
  async about(tx: Transaction, identifiers: readonly Identifier[]): Promise<StoredDeadLetter[]> {
    return query<StoredDeadLetter>(
      tx,
      `SELECT id, source, reason, body, received_at AS "receivedAt" FROM dead_letters WHERE ${IS_ABOUT} ORDER BY id`,
      [wordings(identifiers)],
    );
  }

  /** Removes what {@link about} finds; how many. */
  async removeAbout(tx: Transaction, identifiers: readonly Identifier[]): Promise<number> {
    const rows = await query(tx, `DELETE FROM dead_letters WHERE ${IS_ABOUT} RETURNING id`, [wordings(identifiers)]);
    return rows.length;
  }
}

// Bodies are bytes and need not be text, so both sides are compared in the same escaped form.
const IS_ABOUT = `EXISTS (
  SELECT FROM unnest($1::text[]) AS wording
   WHERE position(lower(encode(convert_to(wording, 'UTF8'), 'escape')) IN lower(encode(body, 'escape'))) > 0)`;

const SHORTEST_ID = 4;

/** How an identifier stands in JSON: as a text, or as a number at its end or before the next field. */
function wordings(identifiers: readonly Identifier[]): string[] {
  return identifiers
    .filter((one) => one.value.length >= SHORTEST_ID)
    .flatMap(({ value }) => [
      JSON.stringify(value),
      ...[':', ': '].flatMap((colon) => [',', '}', '\n'].map((end) => colon + value + end)),
    ]);
}
