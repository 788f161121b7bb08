import type { SegmentPush } from '../segments/segment.entities.js';
import type { MoveCounts } from '../segments/shadow-findings.js';
import type { Shadow } from '../segments/shadow-store.js';

/** How many profiles a destination will be told to take into a segment and to let go. */
export interface MessagesToCome extends SegmentPush {
  add: number;
  remove: number;
}

/** What destinations will be sent when the draft is published, by their segments; from what is in force and the moves. */
export function messagesToCome(about: {
  key: string;
  shadow: Pick<Shadow, 'push'>;
  counts: Readonly<Record<string, MoveCounts>>;
  pushes: ReadonlyMap<string, readonly SegmentPush[]>;
}): MessagesToCome[] {
  const totals = new Map<string, MessagesToCome>();
  const owe = ({ destination, segmentId }: SegmentPush, add: number, remove: number): void => {
    const place = `${destination}:${segmentId}`;
    const known = totals.get(place) ?? { destination, segmentId, add: 0, remove: 0 };
    totals.set(place, { ...known, add: known.add + add, remove: known.remove + remove });
  };
  for (const [segment, { enter, leave, stay }] of Object.entries(about.counts)) {
    const now = about.pushes.get(segment) ?? [];
    const next = segment === about.key ? about.shadow.push : now;
    // Who stays moves from the one place to the other.
    for (const one of now) if (!isAmong(next, one)) owe(one, 0, leave + stay);
    for (const one of next) owe(one, isAmong(now, one) ? enter : enter + stay, leave);
  }
  return [...totals.values()].filter(({ add, remove }) => add + remove > 0);
}

function isAmong(pushes: readonly SegmentPush[], wanted: SegmentPush): boolean {
  return pushes.some((one) => one.destination === wanted.destination && one.segmentId === wanted.segmentId);
}
