import { SpanStatusCode } from '@opentelemetry/api';
import type { SendOutcome } from '../destinations/destination.js';
import type { ClaimedMessage } from '../outbox/claimed-message.js';
import { beginSpan, inSpan, traceparentOf } from '../platform/tracing/tracing.js';

/**
 * Sends some messages, as a span of its own and, for each message, as a part of the trace that the message belongs to: of
 * the event that brought it about.
 */
export async function tracedSend(
  destination: string,
  unit: readonly ClaimedMessage[],
  send: () => Promise<SendOutcome[]>,
): Promise<SendOutcome[]> {
  if (unit.every((one) => one.traceparent === undefined)) return send();
  const parents = unit.map((one) => one.traceparent);
  const links = parents.filter((one) => one !== undefined);
  const attributes = { 'turnout.destination': destination, 'turnout.messages': unit.length };
  return inSpan('send', { links, attributes }, async (batch) => {
    const batchParent = traceparentOf(batch);
    const pushes = parents.map((parent) =>
      parent === undefined
        ? undefined
        : beginSpan('push', {
            ...{ parent, links: batchParent === undefined ? [] : [batchParent] },
            attributes: { 'turnout.destination': destination },
          }),
    );
    try {
      const outcomes = await send();
      pushes.forEach((push, index) => {
        const { kind } = outcomes[index]!;
        push?.setAttribute('turnout.outcome', kind);
        if (kind === 'retry' || kind === 'rejected') push?.setStatus({ code: SpanStatusCode.ERROR });
      });
      return outcomes;
    } finally {
      for (const push of pushes) push?.end();
    }
  });
}
