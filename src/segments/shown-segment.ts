import { say } from '../core/compile-rule.js';
import type { Rule } from '../core/rule.js';
import type { PushStanding } from './push-targets.js';
import type { SegmentPush } from './segment.entities.js';
import type { SegmentView } from './segment-store.js';

/** A rule in an answer, also in English. */
export interface ShownRule {
  rule: unknown;
  sentence: string;
  /** By destination, as it was given; null: nowhere. */
  push: Record<string, object> | null;
}

/** A segment in an answer. */
export interface ShownSegment extends ShownRule {
  key: string;
  version: number;
  publishedAt: string;
}

export function shownSegment({ key, version, publishedAt, ...rest }: SegmentView): ShownSegment {
  return { key, version, ...shownRule(rest), publishedAt: publishedAt.toISOString() };
}

export function shownRule({ rule, push }: { rule: unknown; push: readonly SegmentPush[] }): ShownRule {
  return { rule, sentence: say(rule as Rule), push: shownPush(push) };
}

/** By destination, how far it is made to hold the segment; null where nothing has to be made. */
export function shownStandings(
  { push }: Pick<SegmentView, 'push'>,
  standings: readonly PushStanding[],
): Record<string, object> | null {
  const own = standings.filter((one) =>
    push.some(({ destination, segmentId }) => destination === one.destination && segmentId === one.segmentId),
  );
  if (own.length === 0) return null;
  return Object.fromEntries(own.map(({ destination, segmentId: _, ...standing }) => [destination, standing]));
}

function shownPush(push: readonly SegmentPush[]): ShownRule['push'] {
  if (push.length === 0) return null;
  return Object.fromEntries(
    push.map(({ destination, segmentId, ...making }) => [destination, { ...shownPlace(segmentId), ...making }]),
  );
}

/** What the destination calls it, and as what it is told of where that is no segment. */
export function shownPlace(segmentId: string): { segmentId: string; as?: string } {
  const colon = segmentId.indexOf(':');
  return colon < 0 ? { segmentId } : { as: segmentId.slice(0, colon), segmentId: segmentId.slice(colon + 1) };
}
