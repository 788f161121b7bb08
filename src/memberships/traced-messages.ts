import type { OutboxMessage } from '../outbox/outbox-message.js';
import { isTraced, originOf, traceparent } from '../platform/tracing/tracing.js';
import type { ProfileChanges } from './profile-changes.js';

/** What a profile's changes owe, with the trace of the event that brought them about; of the evaluation where time did. */
export function tracedMessages({ messages, memberships }: ProfileChanges): readonly OutboxMessage[] {
  if (messages.length === 0 || !isTraced()) return messages;
  const causes = memberships.flatMap(({ transitions }) => transitions.map(({ cause }) => cause));
  const origins = causes.map((cause) => ('eventId' in cause ? originOf(cause.eventId) : undefined));
  const origin = origins.find((one) => one !== undefined) ?? traceparent();
  return origin === undefined ? messages : messages.map((one) => ({ ...one, traceparent: origin }));
}
