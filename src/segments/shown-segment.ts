import { say } from '../core/compile-rule.js';
import type { Rule } from '../core/rule.js';
import type { SegmentPush } from './segment.entities.js';
import type { SegmentView } from './segment-store.js';

/** A segment in an answer, its rule also in English. */
export function shownSegment({ key, version, publishedAt, ...rest }: SegmentView) {
  return { key, version, ...shownRule(rest), publishedAt: publishedAt.toISOString() };
}

export function shownRule({ rule, push }: { rule: unknown; push: SegmentPush | null }) {
  return { rule, sentence: say(rule as Rule), push: push && { [push.destination]: { segmentId: push.segmentId } } };
}
