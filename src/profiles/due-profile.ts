import type { Instant } from '../core/instant.js';

/** A profile whose row the transaction holds, and how far its evaluation has come. */
export interface DueProfile {
  lane: number;
  id: number;
  /** When something about it was due; never before its last evaluation. */
  dueAt: Instant;
  evaluatedAt: Instant | null;
  evaluatedSeq: number;
  /** The catalogue's revision at its last evaluation; 0 before the first. */
  evaluatedRevision: number;
  /** Whether something has come that reports on links may not know of; it is to be written with the profile. */
  isReported: boolean;
}

export interface DueRow {
  lane: number;
  id: string;
  evaluate_at: Date;
  evaluated_at: Date | null;
  evaluated_seq: string;
  evaluated_revision: string;
}

/** The columns of a {@link DueRow}. */
export const DUE_COLUMNS = 'lane, id, evaluate_at, evaluated_at, evaluated_seq, evaluated_revision';

export function dueProfileOf(row: DueRow): DueProfile {
  return {
    lane: row.lane,
    id: Number(row.id),
    dueAt: row.evaluate_at.getTime(),
    evaluatedAt: row.evaluated_at?.getTime() ?? null,
    evaluatedSeq: Number(row.evaluated_seq),
    evaluatedRevision: Number(row.evaluated_revision),
    isReported: false,
  };
}
