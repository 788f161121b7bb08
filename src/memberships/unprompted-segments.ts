import { History, type HistoryStart } from '../core/history.js';
import { advanceMembership } from '../core/membership.js';
import { asksWho } from '../core/references.js';
import type { PublishedSegment, PublishedSegments } from '../segments/segment-store.js';

/**
 * The segments that a profile without events could ever be in: those that need an event and are never asked for without
 * one. Whether somebody falls into a share of everyone can't be told of everybody at once.
 */
export function unpromptedSegments(segments: PublishedSegments, startsAt: HistoryStart): PublishedSegment[] {
  const nobody = History.of([], { startsAt });
  return segments.all.filter((segment) => {
    const { rule, plan, publishedAt } = segment;
    if (asksWho(rule, segments.rules)) return true;
    const { transitions, dueAt } = advanceMembership(plan, nobody, {
      wasMember: false,
      from: publishedAt,
      until: publishedAt,
    });
    return transitions.length > 0 || dueAt !== null;
  });
}
