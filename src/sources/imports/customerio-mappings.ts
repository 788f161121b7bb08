import { normaliseCustomerio } from '../customerio/normalise.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { BadRow, orBad, requiredInstant } from './fields.js';
import type { ImportMapping, Mapped } from './mapping.js';
import type { Row, RowReader } from './row.js';

/** Who it was about and what was sent. Customer.io names these alike in its API, its exports and its webhooks. */
const COMMON = {
  deliveryId: ['delivery_id', 'id'],
  channel: ['delivery_type', 'object_type', 'type', 'channel'],
  customerId: ['customer_id', 'customer.id', 'identifiers.id'],
  email: ['email', 'customer.email', 'identifiers.email'],
  cioId: ['cio_id', 'internal_customer_id', 'identifiers.cio_id'],
  recipient: ['recipient'],
  campaignId: ['campaign_id'],
  broadcastId: ['broadcast_id'],
  newsletterId: ['newsletter_id'],
  transactionalMessageId: ['transactional_message_id'],
  actionId: ['action_id'],
  contentId: ['content_id'],
  triggerId: ['trigger_id', 'trigger_event_id'],
};

const DATA_FIELDS: Readonly<Record<string, string>> = {
  campaignId: 'campaign_id',
  broadcastId: 'broadcast_id',
  newsletterId: 'newsletter_id',
  transactionalMessageId: 'transactional_message_id',
  actionId: 'action_id',
  contentId: 'content_id',
  triggerId: 'trigger_id',
  linkId: 'link_id',
};

/** A row for each thing that happened to a delivery, as in the metrics that Customer.io writes to data warehouses. */
export const customerioMetrics: ImportMapping = {
  key: 'customerio-metrics',
  says: "Customer.io's metrics: a row for each time a message was sent, delivered, opened, clicked, …",
  source: 'customerio',
  format: 'csv',
  columns: {
    ...COMMON,
    deliveryId: ['delivery_id'],
    id: ['event_id', 'id'],
    metric: ['metric', 'event', 'event_type'],
    at: ['created_at', 'timestamp', 'occurred_at'],
    href: ['href', 'link_url', 'url', 'link'],
    linkId: ['link_id'],
    machine: ['machine', 'is_machine'],
  },
  required: ['id', 'metric', 'at'],
  map: ([row], reader) =>
    orBad(() => {
      const id = reader.text(row!, 'id');
      if (id === undefined) throw new BadRow('wrong_shape', reader.nameOf('id'), 'the id of the event');
      const metric = reader.text(row!, 'metric')?.toLowerCase();
      const at = requiredInstant(reader.nameOf('at'), reader.text(row!, 'at'));
      return read(row!, reader, { id, metric, at });
    }),
};

const METRICS = [
  'drafted',
  'attempted',
  'sent',
  'delivered',
  'opened',
  'clicked',
  'converted',
  'bounced',
  'dropped',
  'deferred',
  'failed',
  'undeliverable',
  'spammed',
  'unsubscribed',
];

/** A row a delivery, with when each thing first happened to it, as in the export of deliveries. */
export const customerioDeliveries: ImportMapping = {
  key: 'customerio-deliveries',
  says: "Customer.io's export of deliveries: a row a message, with a column for when it was sent, delivered, opened, …",
  source: 'customerio',
  format: 'csv',
  columns: {
    ...COMMON,
    ...Object.fromEntries(METRICS.map((metric) => [metric, [metric, `${metric}_at`, `metrics.${metric}`]])),
  },
  required: ['deliveryId'],
  map: ([row], reader) =>
    orBad(() => {
      const deliveryId = reader.text(row!, 'deliveryId');
      if (deliveryId === undefined)
        throw new BadRow('wrong_shape', reader.nameOf('deliveryId'), 'the id of the delivery');
      const events: IncomingEvent[] = [];
      for (const metric of METRICS) {
        const happened = reader.text(row!, metric);
        if (happened === undefined || happened === '0' || happened === 'false') continue;
        const at = requiredInstant(reader.nameOf(metric), happened);
        const mapped = read(row!, reader, { id: `${deliveryId}/${metric}`, metric, at });
        if (mapped.kind !== 'events') return mapped;
        events.push(...mapped.events);
      }
      return events.length > 0 ? { kind: 'events', events } : { kind: 'skipped' };
    }),
};

/** Read as the webhook that would have told of it, so that a rule makes no difference between the two. */
function read(row: Row, reader: RowReader, about: { id: string; metric: string | undefined; at: number }): Mapped {
  const data: Record<string, unknown> = {
    identifiers: {
      id: reader.text(row, 'customerId'),
      email: reader.text(row, 'email'),
      cio_id: reader.text(row, 'cioId'),
    },
    delivery_id: reader.text(row, 'deliveryId'),
    recipient: reader.text(row, 'recipient'),
    href: reader.text(row, 'href'),
  };
  for (const [field, name] of Object.entries(DATA_FIELDS)) {
    const text = reader.text(row, field);
    data[name] = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text; // numbers, as in webhooks
  }
  const machine = reader.text(row, 'machine')?.toLowerCase();
  if (machine !== undefined) data['machine'] = ['true', 't', '1', 'yes'].includes(machine);
  const envelope = {
    event_id: about.id,
    object_type: (reader.text(row, 'channel') ?? 'email').toLowerCase(),
    metric: about.metric,
    timestamp: about.at / 1_000,
    data,
  };
  const normalised = normaliseCustomerio({ headers: {}, body: Buffer.from(JSON.stringify(envelope)) });
  if (normalised.kind === 'events') return normalised;
  if (normalised.kind === 'skipped') return { kind: 'skipped' };
  return { kind: 'bad', reason: normalised.reason, problem: inTermsOfRow(normalised.problem, reader) };
}

const FIELD_OF_POINTER: readonly [string, string][] = [
  ['/event_id', 'id'],
  ['/object_type', 'channel'],
  ['/metric', 'metric'],
  ['/data/identifiers', 'customerId'],
];

function inTermsOfRow(problem: string, reader: RowReader): string {
  const found = FIELD_OF_POINTER.find(([pointer]) => problem.startsWith(`${pointer}: `));
  return found ? `${reader.nameOf(found[1])}${problem.slice(found[0].length)}` : problem;
}
