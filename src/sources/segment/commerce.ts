import {
  addDecimals,
  decimalToString,
  multiplyDecimals,
  parseDecimal,
  ZERO,
  type Decimal,
} from '../../core/decimal.js';
import { PURCHASE } from '../../core/net-purchases.js';
import { objectsIn, type JsonObject } from '../json-body.js';
import { cleanText, keptScalar, propertiesOf } from '../kept-properties.js';
import { UnusableDelivery } from '../unusable-delivery.js';

/** Segment's names of what happens in a shop; here they are written like `product_added`. */
export const COMMERCE_EVENTS = [
  ...['Products Searched', 'Product List Viewed', 'Product List Filtered', 'Product Clicked', 'Product Viewed'],
  ...['Product Added', 'Product Removed', 'Cart Viewed', 'Product Shared', 'Cart Shared', 'Product Reviewed'],
  ...['Product Added to Wishlist', 'Product Removed from Wishlist', 'Wishlist Product Added to Cart'],
  ...['Promotion Viewed', 'Promotion Clicked', 'Coupon Entered', 'Coupon Applied', 'Coupon Denied', 'Coupon Removed'],
  ...['Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered'],
  ...['Order Updated', 'Order Completed', 'Order Refunded', 'Order Cancelled'],
] as const;

const OUR_NAMES: ReadonlyMap<string, string> = new Map([
  ...COMMERCE_EVENTS.map((name): [string, string] => [keyOf(name), commerceName(name)]),
  [PURCHASE, PURCHASE],
]);

const ORDER_EVENTS: readonly string[] = [PURCHASE, 'order_updated', 'order_refunded', 'order_cancelled'];

/** What an event of Segment's list is called here: "Order Completed" is a purchase. */
export function commerceName(name: (typeof COMMERCE_EVENTS)[number]): string {
  return name === 'Order Completed' ? PURCHASE : name.toLowerCase().replaceAll(' ', '_');
}

export function isOrderEvent(name: string): boolean {
  return ORDER_EVENTS.includes(name) || name.startsWith('checkout_');
}

/** "Order Completed", "order_completed" and "OrderCompleted" are one. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[ _-]/g, '');
}

/**
 * A tracked event of Segment's e-commerce list, with the properties that Shopify's orders have, so that rules need not tell
 * them apart; undefined for any other. `common` are the properties that it has anyway. An order is bought and cancelled
 * once, however many messages say so.
 */
export function commerceEvent(
  tracked: string,
  given: JsonObject,
  common: Record<string, unknown>,
): { id?: string; name: string; properties: Record<string, unknown>; isRestated?: boolean } | undefined {
  const name = OUR_NAMES.get(keyOf(tracked));
  if (name === undefined) return undefined;
  const { products: _asItems, ...rest } = common;
  const properties = propertiesOf(Object.entries({ ...rest, ...Object.fromEntries(shopEntries(name, given)) }));
  const orderId = idText(given['order_id']);
  if (name === 'order_refunded' || name === 'order_cancelled') {
    if (orderId === undefined) throw new UnusableDelivery('wrong_shape', '/properties/order_id', 'a text or a number');
  }
  if (name === 'order_refunded') return refund(given, properties);
  const isOnce = orderId !== undefined && (name === PURCHASE || name === 'order_cancelled');
  const state = name === PURCHASE ? 'purchase' : 'cancelled';
  return isOnce ? { id: `orders/${orderId}/${state}`, name, properties, isRestated: true } : { name, properties };
}

/** Without an amount and without items all of an order is refunded, which is a cancellation. */
function refund(given: JsonObject, properties: Record<string, unknown>) {
  const items = objectsIn(given['products']);
  const amount = amountText(given['total'] ?? given['revenue'] ?? given['amount']) ?? worthOf(items);
  if (amount !== undefined) return { name: 'order_refunded', properties: { ...properties, amount } };
  const isWhole = items.length === 0;
  return { name: isWhole ? 'order_cancelled' : 'order_refunded', properties };
}

/** Under these names nothing else stands, be it undefined. */
function shopEntries(name: string, given: JsonObject): [string, unknown][] {
  const isList = Array.isArray(given['products']);
  const items = isList ? objectsIn(given['products']).map(itemOf) : [itemOf(given)];
  const coupon = codeText(given['coupon'] ?? given['coupon_code']);
  const ids = (name: 'product_id' | 'variant_id' | 'sku'): string[] | undefined => {
    const distinct = [...new Set(items.map((item) => item[name]).filter((id) => id !== undefined))];
    return isList || distinct.length > 0 ? distinct : undefined;
  };
  return [
    ...(isList ? [] : Object.entries(items[0]!)),
    ['order_id', idText(given['order_id'])],
    ['cart_token', idText(given['cart_token'] ?? given['cart_id'])],
    ['checkout_token', idText(given['checkout_token'] ?? given['checkout_id'])],
    ...amountOf(name, given),
    ['discounts', amountText(given['discount'])],
    ['currency', currencyOf(given['currency'])],
    ['discount_codes', coupon === undefined ? undefined : [coupon]],
    ['product_ids', ids('product_id')],
    ['variant_ids', ids('variant_id')],
    ['skus', ids('sku')],
    ['items', isList ? items.map((item) => propertiesOf(Object.entries(item))) : undefined],
    ['item_count', isList ? items.reduce((count, item) => count + (item.quantity ?? 1), 0) : undefined],
  ];
}

/** What an order brought in, or a checkout comes to; both are known under several names. */
function amountOf(name: string, { revenue, total, value }: JsonObject): [string, unknown][] {
  if (name === PURCHASE || name === 'order_updated') return [['revenue', amountText(revenue ?? total ?? value)]];
  return name.startsWith('checkout_') ? [['total', amountText(total ?? value ?? revenue)]] : [];
}

function itemOf(product: JsonObject) {
  const quantity = product['quantity'];
  return {
    product_id: idText(product['product_id']),
    variant_id: idText(product['variant_id'] ?? product['variant']),
    sku: idText(product['sku']),
    quantity: typeof quantity === 'number' && quantity >= 0 && quantity <= 1_000_000 ? quantity : undefined,
    price: amountText(product['price']),
  };
}

function worthOf(items: readonly JsonObject[]): string | undefined {
  let sum: Decimal = ZERO;
  for (const { price, quantity } of items.map(itemOf)) {
    const each = price === undefined ? undefined : parseDecimal(price);
    const times = parseDecimal(String(quantity ?? 1));
    if (!each || !times) return undefined;
    sum = addDecimals(sum, multiplyDecimals(each, times));
  }
  return items.length > 0 ? decimalToString(sum) : undefined;
}

/** Ids are texts, as Shopify's are. Numbers that JSON can't carry exactly are none. */
function idText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  return codeText(value);
}

function codeText(value: unknown): string | undefined {
  const text = typeof value === 'string' && value !== '' ? keptScalar(value) : undefined;
  return typeof text === 'string' ? cleanText(text) : undefined;
}

function amountText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return parseDecimal(String(value)) && String(value);
}

function currencyOf(currency: unknown): string | undefined {
  return typeof currency === 'string' && /^[a-z]{3}$/i.test(currency) ? currency.toUpperCase() : undefined;
}
