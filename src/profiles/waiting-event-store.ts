import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfText } from '../platform/lanes.js';
import { identifierKey, type Identifier } from './identifier.js';

/** An event as the log keeps it, but for whose it is. */
export interface StoredEvent {
  id: string;
  name: string;
  source: string;
  occurredAt: Instant;
  receivedAt: Instant;
  isTimeCorrected: boolean;
  properties: Record<string, unknown>;
}

/** Events that name nothing but an identifier that is nobody's yet, such as the refund of an order that is still to come. */
@Injectable()
export class WaitingEventStore {
  /** Keeps events until the identifier that each names is somebody's. */
  async park(tx: Transaction, waiting: readonly { identifier: Identifier; event: StoredEvent }[]): Promise<void> {
    if (waiting.length === 0) return;
    await query(
      tx,
      `INSERT INTO waiting_events (lane, kind, value, event_id, event)
       SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[])`,
      [
        waiting.map((one) => laneOfText(identifierKey(one.identifier))),
        waiting.map((one) => one.identifier.kind),
        waiting.map((one) => one.identifier.value),
        waiting.map((one) => one.event.id),
        waiting.map((one) => JSON.stringify(one.event)),
      ],
    );
  }

  /** Takes out what waited for an identifier. */
  async unpark(tx: Transaction, identifier: Identifier): Promise<StoredEvent[]> {
    const rows = await query<{ event: StoredEvent }>(
      tx,
      'DELETE FROM waiting_events WHERE lane = $1 AND kind = $2 AND value = $3 RETURNING event',
      [laneOfText(identifierKey(identifier)), identifier.kind, identifier.value],
    );
    return rows.map((row) => row.event);
  }
}
