import { objectsIn, type JsonObject } from '../json-body.js';
import { cleanText, keptParameters, keptScalar, propertiesOf, queryOf } from '../kept-properties.js';
import { amountText, idText } from './fields.js';

/** What is bought, or about to be: items, discounts, tokens, and how the visit began. Ids and amounts are exact texts. */
export function goodsProperties(payload: JsonObject): [string, unknown][] {
  const items = objectsIn(payload['line_items']).map(itemOf);
  return [
    ...landingProperties(payload['landing_site']),
    ['currency', keptScalar(payload['currency'])],
    ['subtotal', amountText(payload['subtotal_price'])],
    ['discounts', amountText(payload['total_discounts'])],
    ['cart_token', keptScalar(payload['cart_token'])],
    ['source_name', keptScalar(payload['source_name'])],
    ['discount_codes', distinct(objectsIn(payload['discount_codes']).map(({ code }) => codeText(code)))],
    ['product_ids', distinct(items.map((item) => item.product_id))],
    ['variant_ids', distinct(items.map((item) => item.variant_id))],
    ['skus', distinct(items.map((item) => item.sku))],
    ['items', items.map((item) => propertiesOf(Object.entries(item)))],
    ['item_count', items.reduce((count, item) => count + (item.quantity ?? 0), 0)],
    ['note_attributes', propertiesOf(keptParameters(noteAttributes(payload)))],
  ];
}

interface Item {
  product_id: string | undefined;
  variant_id: string | undefined;
  sku: string | undefined;
  quantity: number | undefined;
  price: string | undefined;
}

function itemOf(line: JsonObject): Item {
  const quantity = line['quantity'];
  return {
    product_id: idText(line['product_id']),
    variant_id: idText(line['variant_id']),
    sku: codeText(line['sku']),
    quantity: typeof quantity === 'number' && quantity >= 0 && quantity <= 1_000_000 ? quantity : undefined,
    price: amountText(line['price']),
  };
}

/** The path on which the visit began, and its UTMs as properties of their own; the rest of its query is not kept. */
function landingProperties(landingSite: unknown): [string, unknown][] {
  if (typeof landingSite !== 'string') return [];
  const [path] = landingSite.split(/[?#]/, 1) as [string];
  const utms = [...keptParameters(queryOf(landingSite))].filter(([name]) => /^utm_[a-z_]+$/.test(name));
  return [...utms, ['landing_site', keptScalar(path)]];
}

function noteAttributes(payload: JsonObject): [string, string][] {
  return objectsIn(payload['note_attributes']).flatMap(({ name, value }): [string, string][] => {
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return typeof name === 'string' && isText ? [[name, String(value)]] : [];
  });
}

function codeText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? cleanText(value) : undefined;
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
