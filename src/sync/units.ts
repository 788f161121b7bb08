import type { ClaimedMessage } from '../outbox/outbox-store.js';

const MEMBERSHIPS_A_REQUEST = 1_000;
const OTHERS_AT_ONCE = 8;

/**
 * Divides messages into what is sent and settled together: memberships that go into one request (same segment, same
 * direction), anything else a few at once. Short units keep a claim well inside its lease.
 */
export function unitsOf(messages: readonly ClaimedMessage[]): ClaimedMessage[][] {
  const groups = new Map<string, ClaimedMessage[]>();
  for (const message of messages) {
    const { payload } = message;
    const key = payload.kind === 'membership' ? `${payload.isMember}:${payload.externalSegmentId}` : 'others';
    const group = groups.get(key);
    if (group) group.push(message);
    else groups.set(key, [message]);
  }
  return [...groups].flatMap(([key, group]) => chunk(group, key === 'others' ? OTHERS_AT_ONCE : MEMBERSHIPS_A_REQUEST));
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
