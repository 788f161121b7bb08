import { Readable } from 'node:stream';
import { Ingestion } from '../../src/sources/ingestion.js';
import { WEBHOOK_SOURCES } from '../../src/sources/registry.js';
import { eventId } from '../../src/profiles/event-identity.js';
import { deliveryOf, type SentWebhook } from '../support/webhooks.js';
import type { DrawnFact } from './drawn-world.js';
import type { SimulatedProcess, SimulatedWorld } from './simulated-world.js';

/** Something that a sender keeps sending until it is acknowledged. */
export interface Letter {
  name: string;
  /** The events that it states, by the ids under which they are stored. */
  ids: readonly string[];
  isAcknowledged: boolean;
  /** Sends it; resolves with whether it was acknowledged. */
  send(process: SimulatedProcess): Promise<boolean>;
}

/** A fact of a source that calls us. */
export function factLetter({ event, id }: DrawnFact): Letter {
  return {
    name: `fact ${event.sourceEventId}`,
    ids: [id],
    isAcknowledged: false,
    async send({ app }) {
      await app.get(Ingestion).record('test', [{ event, body: Buffer.from(JSON.stringify(event)) }]);
      return true;
    },
  };
}

/** A file with facts that may come by themselves, too, sent again under its name until it is read to its end. */
export function importLetter(world: SimulatedWorld, facts: readonly DrawnFact[], number: number): Letter {
  const lines = facts.map(({ event: { sourceEventId, name, occurredAt, identifiers, properties } }) => {
    const named = Object.fromEntries(identifiers.map(({ kind, value }) => [kind, value]));
    const at = new Date(occurredAt).toISOString();
    return `${JSON.stringify({ id: sourceEventId, name, occurredAt: at, identifiers: named, properties })}\n`;
  });
  return {
    name: `file ${number}`,
    ids: facts.map(({ id }) => id),
    isAcknowledged: false,
    async send(process) {
      const url = `/v1/imports?source=test&id=file-${number}`;
      const answer = await world.call(process, 'POST', url, Readable.from(lines.map((line) => Buffer.from(line))));
      return answer.statusCode === 200 && answer.json<{ state: string }>().state === 'done';
    },
  };
}

/** A webhook, sent over HTTP. */
export function webhookLetter(webhook: SentWebhook, number: number): Letter {
  const source = WEBHOOK_SOURCES.find((one) => webhook.path.endsWith(one.key))!;
  const read = source.normalise(deliveryOf(webhook));
  const events = read.kind === 'events' ? read.events : [];
  return {
    name: `webhook ${number} (${source.key})`,
    ids: events.map((event) => eventId(source.key, event.sourceEventId)),
    isAcknowledged: false,
    async send({ app }) {
      const { path: url, headers, body: payload } = webhook;
      const { statusCode } = await app.inject({ method: 'POST', url, headers, payload });
      return statusCode === 200;
    },
  };
}
