import type { ClaimedMessage } from '../outbox/claimed-message.js';

const MEMBERSHIPS_A_REQUEST = 1_000;
const EVENTS_A_REQUEST = 500;
const OTHERS_AT_ONCE = 8;

/**
 * Divides messages into what is sent and settled together: memberships that go into one request (same segment, same
 * direction), decisions and purchases that go into one, and clicks and erasures a few at once. Short units keep a claim well inside its lease.
 */
export function unitsOf(messages: readonly ClaimedMessage[]): ClaimedMessage[][] {
  const groups = new Map<string, ClaimedMessage[]>();
  for (const message of messages) {
    const { payload } = message;
    const key = payload.kind === 'membership' ? `${payload.isMember}:${payload.externalSegmentId}` : payload.kind;
    const group = groups.get(key);
    if (group) group.push(message);
    else groups.set(key, [message]);
  }
  return [...groups.values()].flatMap((group) => chunk(group, sizeOf(group[0]!)));
}

function sizeOf({ payload }: ClaimedMessage): number {
  if (payload.kind === 'membership') return MEMBERSHIPS_A_REQUEST;
  return payload.kind === 'decision' || payload.kind === 'conversion' ? EVENTS_A_REQUEST : OTHERS_AT_ONCE;
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
