import type { SegmentPush } from '../segments/segment.entities.js';
import type { MoveCounts } from '../segments/shadow-findings.js';
import type { Shadow } from '../segments/shadow-store.js';

/** How many profiles a segment at Customer.io will be told to take in and to let go. */
export interface MessagesToCome {
  segmentId: string;
  add: number;
  remove: number;
}

/** What Customer.io will be sent when the draft is published, by its own segments; from what is in force and the moves. */
export function messagesToCome(about: {
  key: string;
  shadow: Pick<Shadow, 'push'>;
  counts: Readonly<Record<string, MoveCounts>>;
  pushes: ReadonlyMap<string, SegmentPush | null>;
}): MessagesToCome[] {
  const totals = new Map<string, MessagesToCome>();
  const owe = (push: SegmentPush, add: number, remove: number): void => {
    const known = totals.get(push.segmentId) ?? { segmentId: push.segmentId, add: 0, remove: 0 };
    totals.set(push.segmentId, { ...known, add: known.add + add, remove: known.remove + remove });
  };
  for (const [segment, { enter, leave, stay }] of Object.entries(about.counts)) {
    const now = about.pushes.get(segment) ?? null;
    const next = segment === about.key ? about.shadow.push : now;
    if (now?.segmentId === next?.segmentId) {
      if (next) owe(next, enter, leave);
    } else {
      // Who stays moves from the one to the other.
      if (now) owe(now, 0, leave + stay);
      if (next) owe(next, enter + stay, leave);
    }
  }
  return [...totals.values()].filter(({ add, remove }) => add + remove > 0);
}
