import type { Because } from '../core/conditions/condition.js';

/** How a profile stands to a segment under two rules: in under neither is not counted. */
export type Move = 'enter' | 'leave' | 'stay';

export const MOVES: readonly Move[] = ['enter', 'leave', 'stay'];

export type MoveCounts = Record<Move, number>;

/** A profile that is shown as an example, and why the draft says what it says of it. */
export interface Sample {
  profileId: number;
  because: Because;
}

/** What a shadow found so far in one lane. */
export interface LaneFindings {
  /** By segment: the draft's own, and those that rest on it. */
  counts: Record<string, MoveCounts>;
  /** Of the draft's own segment. */
  samples: Record<Move, Sample[]>;
}

export const NO_FINDINGS: LaneFindings = { counts: {}, samples: { enter: [], leave: [], stay: [] } };

const MOST_SAMPLES_A_LANE = 5;
const MOST_SAMPLES = 20;

/** What becomes of a membership when one rule takes the place of another; undefined for who is in neither. */
export function moveOf(wasMember: boolean, isMember: boolean): Move | undefined {
  if (isMember) return wasMember ? 'stay' : 'enter';
  return wasMember ? 'leave' : undefined;
}

/** Counts one profile's move. */
export function addMove(findings: LaneFindings, segment: string, move: Move): void {
  findings.counts[segment] ??= { enter: 0, leave: 0, stay: 0 };
  findings.counts[segment][move] += 1;
}

export function wantsSample(findings: LaneFindings, move: Move): boolean {
  return findings.samples[move].length < MOST_SAMPLES_A_LANE;
}

/** The same without some profiles among its samples; undefined where they are none of them. They stay counted. */
export function withoutProfiles(findings: LaneFindings, profileIds: ReadonlySet<number>): LaneFindings | undefined {
  const isLeft = ({ profileId }: Sample): boolean => !profileIds.has(profileId);
  if (MOVES.every((move) => findings.samples[move].every(isLeft))) return undefined;
  const samples = { ...findings.samples };
  for (const move of MOVES) samples[move] = samples[move].filter(isLeft);
  return { ...findings, samples };
}

/** What all lanes found together; of the samples, some of each lane. */
export function mergeFindings(lanes: readonly LaneFindings[]): LaneFindings {
  const merged: LaneFindings = { counts: {}, samples: { enter: [], leave: [], stay: [] } };
  for (const { counts } of lanes) {
    for (const [segment, own] of Object.entries(counts)) {
      merged.counts[segment] ??= { enter: 0, leave: 0, stay: 0 };
      for (const move of MOVES) merged.counts[segment][move] += own[move];
    }
  }
  for (const move of MOVES) merged.samples[move] = byTurns(lanes.map((one) => one.samples[move]));
  return merged;
}

function byTurns(lists: readonly Sample[][]): Sample[] {
  const taken: Sample[] = [];
  for (let turn = 0; turn < MOST_SAMPLES_A_LANE; turn++) {
    taken.push(...lists.flatMap((list) => list.slice(turn, turn + 1)));
  }
  return taken.slice(0, MOST_SAMPLES).sort((a, b) => a.profileId - b.profileId);
}
