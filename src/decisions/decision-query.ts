import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { decisionOf, ROW, type DecisionRow } from './decision-row.js';
import type { Decision } from './decision.js';
import { firstUlidAt } from './ulid.js';

/** Which decisions are looked for; whatever is left out makes no difference. */
export interface DecisionFilter {
  journey?: string | undefined;
  branchPoint?: string | undefined;
  branch?: string | undefined;
  profileId?: number | undefined;
  runKey?: string | undefined;
  isOpen?: boolean | undefined;
  isRevised?: boolean | undefined;
  /** When they were asked: from this instant on, and before the other. */
  from?: Instant | undefined;
  to?: Instant | undefined;
}

/** Reads the log, newest first. */
@Injectable()
export class DecisionQuery {
  /** Up to `most` decisions before a cursor, the id of the last one seen. */
  async page(tx: Transaction, filter: DecisionFilter, { before, most }: { before?: string | undefined; most: number }) {
    const { where, parameters } = conditions(filter, before);
    const rows = await query<DecisionRow>(
      tx,
      `SELECT ${ROW} FROM decisions ${where} ORDER BY id DESC LIMIT ${most + 1}`,
      parameters,
    );
    const decisions: Decision[] = rows.slice(0, most).map(decisionOf);
    return { decisions, next: rows.length > most ? decisions.at(-1)!.id : null };
  }
}

/** Ids are in order of the instant asked, so that spans of time are spans of ids. */
function conditions(filter: DecisionFilter, before: string | undefined): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const given = <T>(value: T | undefined, sql: (place: string) => string, as: (value: T) => unknown = (one) => one) => {
    if (value === undefined) return [];
    parameters.push(as(value));
    return [sql(`$${parameters.length}`)];
  };
  const all = [
    ...given(filter.journey, (place) => `journey_key = ${place}`),
    ...given(filter.branchPoint, (place) => `branch_point = ${place}`),
    ...given(filter.branch, (place) => `branch = ${place}`),
    ...given(filter.profileId, (place) => `lane = ${place}`, laneOfProfile),
    ...given(filter.profileId, (place) => `profile_id = ${place}`),
    ...given(filter.runKey, (place) => `run_key = ${place}`),
    ...given(filter.from, (place) => `id >= ${place}`, firstUlidAt),
    ...given(filter.to, (place) => `id < ${place}`, firstUlidAt),
    ...given(before, (place) => `id < ${place}`),
    ...(filter.isOpen === undefined ? [] : [`due_at IS ${filter.isOpen ? 'NOT NULL' : 'NULL'}`]),
    ...(filter.isRevised === undefined ? [] : [`revised IS ${filter.isRevised ? 'NOT NULL' : 'NULL'}`]),
  ];
  return { where: all.length > 0 ? `WHERE ${all.join(' AND ')}` : '', parameters };
}
