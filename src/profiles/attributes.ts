import { isDeepStrictEqual } from 'node:util';
import { toIso, type Instant } from '../core/instant.js';

export interface AttributeValue {
  value: unknown;
  since: string;
  eventId: string;
}

/** An attribute as it is, and as it was, newest first. */
export interface Attribute extends AttributeValue {
  name: string;
  history: AttributeValue[];
}

/**
 * The attributes that identify events state, which are given in order of time. An event speaks of those that it has, and of
 * no others; stating the same value again changes nothing.
 */
export function attributesOf(
  events: readonly { id: string; occurredAt: Instant; properties: Readonly<Record<string, unknown>> }[],
): Attribute[] {
  const values = new Map<string, AttributeValue[]>();
  for (const { id, occurredAt, properties } of events) {
    for (const [name, value] of Object.entries(properties)) {
      const known = values.get(name) ?? [];
      if (known.length > 0 && isDeepStrictEqual(known[0]!.value, value)) continue;
      values.set(name, [{ value, since: toIso(occurredAt), eventId: id }, ...known]);
    }
  }
  return [...values]
    .map(([name, [latest, ...history]]) => ({ name, ...latest!, history }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
