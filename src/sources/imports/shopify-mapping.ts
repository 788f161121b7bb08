import { PURCHASE } from '../../core/net-purchases.js';
import { toIso } from '../../core/instant.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { normaliseShopify } from '../shopify/normalise.js';
import { BadRow, orBad, requiredInstant } from './fields.js';
import type { ImportMapping } from './mapping.js';
import type { Row, RowReader } from './row.js';

/**
 * Shopify's export of orders: a row a line item, of which the first of an order carries what is said of the whole. Read as
 * the webhooks that would have told of the order, under the same ids, so that an order that is in both counts once.
 */
export const shopifyOrders: ImportMapping = {
  key: 'shopify-orders',
  says: 'the CSV export of orders from the admin of Shopify',
  source: 'shopify',
  format: 'csv',
  required: ['id', 'name', 'createdAt', 'total'],
  needsShop: true,
  groupBy: 'name',
  columns: {
    id: ['Id'],
    name: ['Name'],
    email: ['Email'],
    phone: ['Phone'],
    financialStatus: ['Financial Status'],
    createdAt: ['Created at'],
    paidAt: ['Paid at'],
    cancelledAt: ['Cancelled at'],
    currency: ['Currency'],
    total: ['Total'],
    subtotal: ['Subtotal'],
    discountCode: ['Discount Code'],
    discountAmount: ['Discount Amount'],
    refundedAmount: ['Refunded Amount'],
    noteAttributes: ['Note Attributes'],
    sourceName: ['Source'],
    quantity: ['Lineitem quantity'],
    price: ['Lineitem price'],
    sku: ['Lineitem sku'],
  },
  map: (rows, reader, { shop }) => orBad(() => ({ kind: 'events', events: factsOf(rows, reader, shop ?? '') })),
};

function factsOf(rows: readonly Row[], reader: RowReader, shop: string): IncomingEvent[] {
  const [first] = rows as [Row];
  const text = (field: string) => reader.text(first, field);
  const instant = (field: string) => toIso(requiredInstant(reader.nameOf(field), text(field)));
  const id = Number((text('id') ?? '').replace(/^'/, '')); // an apostrophe keeps spreadsheets from rounding it
  if (!Number.isSafeInteger(id) || id <= 0)
    throw new BadRow('wrong_shape', reader.nameOf('id'), 'the number of the order');

  const placedAt = instant('createdAt');
  const order = {
    id,
    name: text('name'),
    email: text('email'),
    phone: text('phone')?.replace(/^'/, ''),
    currency: text('currency'),
    total_price: text('total'),
    subtotal_price: text('subtotal'),
    total_discounts: text('discountAmount'),
    discount_codes: (text('discountCode') ?? '').split(',').map((code) => ({ code: code.trim() })),
    source_name: text('sourceName'),
    note_attributes: noteAttributesIn(text('noteAttributes') ?? ''),
    line_items: rows.map((row) => lineItem(row, reader)),
    created_at: placedAt,
    processed_at: placedAt,
  };
  const facts = webhookFacts(shop, 'orders/create', order);
  if (text('paidAt') !== undefined) {
    facts.push(...webhookFacts(shop, 'orders/paid', { ...order, updated_at: instant('paidAt') }).filter(isNoPurchase));
  }
  if (text('cancelledAt') !== undefined) {
    facts.push(
      ...webhookFacts(shop, 'orders/cancelled', { ...order, cancelled_at: instant('cancelledAt') }).filter(
        isNoPurchase,
      ),
    );
  }
  const refunded = text('refundedAmount');
  if (refunded !== undefined && Number(refunded) !== 0) {
    // The export tells no time of it: from its own beginning the order is worth what is left of it.
    const refund = {
      id,
      order_id: id,
      processed_at: text('cancelledAt') === undefined ? placedAt : instant('cancelledAt'),
      transactions: [{ kind: 'refund', status: 'success', amount: refunded, currency: text('currency') }],
    };
    const sourceEventId = `${shop.toLowerCase()}/orders/${id}/refunds-in-export`;
    facts.push(...webhookFacts(shop, 'refunds/create', refund).map((fact) => ({ ...fact, sourceEventId })));
  }
  return facts;
}

function webhookFacts(shop: string, topic: string, payload: unknown): IncomingEvent[] {
  const headers = { 'x-shopify-topic': topic, 'x-shopify-shop-domain': shop };
  const normalised = normaliseShopify({ headers, body: Buffer.from(JSON.stringify(payload)) });
  if (normalised.kind === 'events') return normalised.events;
  if (normalised.kind === 'skipped') return [];
  throw new BadRow(normalised.reason, ...splitProblem(normalised.problem));
}

function splitProblem(problem: string): [where: string, expected: string] {
  const [where = '', expected = ''] = problem.split(': expected ');
  return [COLUMN_OF_POINTER[where] ?? where, expected];
}

const COLUMN_OF_POINTER: Readonly<Record<string, string>> = {
  '/total_price': 'Total',
  '/transactions/0/amount': 'Refunded Amount',
};

/** Every webhook of an order states its purchase as well. */
function isNoPurchase({ name }: IncomingEvent): boolean {
  return name !== PURCHASE;
}

function lineItem(row: Row, reader: RowReader) {
  return {
    sku: reader.text(row, 'sku'),
    quantity: Number(reader.text(row, 'quantity') ?? 1),
    price: reader.text(row, 'price'),
  };
}

/** Written as "name: value", a line each. */
function noteAttributesIn(text: string): { name: string; value: string }[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [{ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }] : [];
  });
}
