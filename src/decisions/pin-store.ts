import { Injectable } from '@nestjs/common';
import { prepared, query, type Transaction } from '../platform/database.js';
import { laneOfText } from '../platform/lanes.js';
import { ErasedStore } from '../profiles/erased-store.js';
import type { Question } from './question.js';

/** A pin as it was set: whether the same was asked then, and the decision that answers it. */
export interface Pinned {
  isSame: boolean;
  decisionId: string;
}

/** Which decision a run of a journey, or a request, is answered by. */
@Injectable()
export class PinStore {
  constructor(private readonly erased: ErasedStore) {}

  /** The pins of each question that are set, in its own order. */
  async of(tx: Transaction, questions: readonly Question[]): Promise<Map<Question, (Pinned & { kind: string })[]>> {
    const found = new Map<Question, (Pinned & { kind: string })[]>();
    const asked = questions.filter((one) => one.pins.length > 0);
    if (asked.length === 0) return found;
    const rows = await prepared<PinRow>(
      tx,
      'find_pins',
      `SELECT journey_key, branch_point, kind, pin_key, request_digest, decision_id FROM decision_pins
        WHERE (lane, journey_key, branch_point, kind, pin_key) IN (SELECT * FROM ${UNNESTED})`,
      columnsOf(pinsOf(asked)),
    );
    const byKey = new Map(rows.map((row) => [keyOf(row.journey_key, row.branch_point, row.kind, row.pin_key), row]));
    for (const question of asked) {
      const digest = this.erased.sealed(question.digest);
      const own = question.pins.flatMap(({ kind, key }) => {
        const row = byKey.get(keyOf(question.journey, question.branchPoint, kind, key));
        return row ? [{ kind, isSame: row.request_digest === digest, decisionId: row.decision_id }] : [];
      });
      if (own.length > 0) found.set(question, own);
    }
    return found;
  }

  /**
   * Sets the pins of new decisions, waiting for whoever sets the same. Returns the ids of the decisions of which every pin
   * is theirs; the others leave none.
   */
  async set(tx: Transaction, pinned: readonly { question: Question; decisionId: string }[]): Promise<Set<string>> {
    const pins = pinned.flatMap(({ question, decisionId }) =>
      pinsOf([question]).map((pin) => ({ ...pin, decisionId })),
    );
    if (pins.length === 0) return new Set();
    const rows = await prepared<{ decision_id: string }>(
      tx,
      'set_pins',
      `INSERT INTO decision_pins (lane, journey_key, branch_point, kind, pin_key, request_digest, decision_id)
       SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
           AS new (lane, journey_key, branch_point, kind, pin_key, request_digest, decision_id)
        ORDER BY lane, journey_key, branch_point, kind, pin_key
       ON CONFLICT DO NOTHING RETURNING decision_id`,
      [...columnsOf(pins), pins.map((one) => this.erased.sealed(one.digest)), pins.map((one) => one.decisionId)],
    );
    const set = new Map<string, number>();
    for (const { decision_id: id } of rows) set.set(id, (set.get(id) ?? 0) + 1);
    const won = pinned.filter(({ question, decisionId }) => set.get(decisionId) === question.pins.length);
    const lost = [...set.keys()].filter((id) => !won.some((one) => one.decisionId === id));
    await this.remove(tx, lost);
    return new Set(won.map((one) => one.decisionId));
  }

  /** Removes all that lead to these decisions. */
  async remove(tx: Transaction, decisionIds: readonly string[]): Promise<void> {
    if (decisionIds.length === 0) return;
    await query(tx, 'DELETE FROM decision_pins WHERE decision_id = ANY($1::text[])', [decisionIds]);
  }
}

interface PinRow {
  journey_key: string;
  branch_point: string;
  kind: string;
  pin_key: string;
  request_digest: string;
  decision_id: string;
}

interface PinKey {
  lane: number;
  journey: string;
  branchPoint: string;
  kind: string;
  key: string;
  digest: string;
}

const UNNESTED = 'unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[])';

function pinsOf(questions: readonly Question[]): PinKey[] {
  return questions.flatMap(({ journey, branchPoint, digest, pins }) =>
    pins.map(({ kind, key }) => ({ lane: laneOfText(key), journey, branchPoint, kind, key, digest })),
  );
}

function columnsOf(pins: readonly PinKey[]): [number[], string[], string[], string[], string[]] {
  return [
    pins.map((one) => one.lane),
    pins.map((one) => one.journey),
    pins.map((one) => one.branchPoint),
    pins.map((one) => one.kind),
    pins.map((one) => one.key),
  ];
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
