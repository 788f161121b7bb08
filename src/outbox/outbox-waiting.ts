import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { UNHURRIED } from '../platform/queues.js';
import { lockOutbox } from './lock-outbox.js';
import { segmentSubject } from './outbox-message.js';

/** A segment at a destination, by what messages about it call it. */
interface Place {
  destination: string;
  segmentId: string;
}

/** What becomes of the messages about a segment when the destination gets to hold it, or holds another one in its place. */
@Injectable()
export class OutboxWaiting {
  /** Makes due in a lane what waited for the segment. */
  async wake(tx: Transaction, lane: number, { destination, segmentId }: Place): Promise<void> {
    const about = [lane, destination, segmentSubject(segmentId)];
    const waits = `lane = $1 AND destination = $2 AND due_at = 'infinity' AND subject = $3`;
    await lockOutbox(tx, waits, about);
    await query(tx, `UPDATE outbox SET due_at = turnout_now() WHERE ${waits}`, about);
  }

  /** Whether something about the segment is still owed. */
  async isOwed(tx: Transaction, { destination, segmentId }: Place): Promise<boolean> {
    const rows = await query(
      tx,
      `SELECT FROM outbox WHERE destination = $1 AND subject = $2 AND (due_at IS NOT NULL OR claim IS NOT NULL) LIMIT 1`,
      [destination, segmentSubject(segmentId)],
    );
    return rows.length > 0;
  }

  /** Owes all members in a lane anew: the destination holds nobody. What is on its way there is settled by nobody. */
  async restate(tx: Transaction, lane: number, { destination, segmentId }: Place): Promise<void> {
    const about = [lane, destination, segmentSubject(segmentId)];
    const isAbout = 'lane = $1 AND destination = $2 AND subject = $3';
    await lockOutbox(tx, isAbout, about);
    await query(
      tx,
      `UPDATE outbox
          SET holds = false, leaving = NULL, claim = NULL, claimed_until = NULL, claimed_version = NULL,
              attempts = 0, failed_at = NULL, failure = NULL,
              priority = CASE WHEN due_at IS NULL THEN $4 ELSE priority END,
              due_at = CASE WHEN (payload ->> 'isMember')::boolean THEN coalesce(due_at, turnout_now()) END
        WHERE ${isAbout}`,
      [...about, UNHURRIED],
    );
  }
}
