import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';

export interface DeadLetterView {
  id: string;
  source: string;
  reason: string;
  problem: string;
  receivedAt: Date;
  bytes: number;
}

/** Signed deliveries that could not be used. */
@Injectable()
export class DeadLetterStore {
  async add(
    tx: Transaction,
    letter: { source: string; reason: string; problem: string; body: Buffer; receivedAt: Instant },
  ): Promise<void> {
    await query(
      tx,
      'INSERT INTO dead_letters (source, reason, problem, body, received_at) VALUES ($1, $2, $3, $4, $5)',
      [letter.source, letter.reason, letter.problem, letter.body, new Date(letter.receivedAt)],
    );
  }

  /** How many there are of each source. */
  async counts(tx: Transaction): Promise<Map<string, number>> {
    const rows = await query<{ source: string; letters: string }>(
      tx,
      'SELECT source, count(*) AS letters FROM dead_letters GROUP BY source',
    );
    return new Map(rows.map((row) => [row.source, Number(row.letters)]));
  }

  /** Newest first, without the bodies: these may hold personal data. */
  list(tx: Transaction, most: number): Promise<DeadLetterView[]> {
    return query<DeadLetterView>(
      tx,
      `SELECT id, source, reason, problem, received_at AS "receivedAt", length(body) AS bytes
         FROM dead_letters ORDER BY id DESC LIMIT $1`,
      [most],
    );
  }
}
