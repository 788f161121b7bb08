import type { JsonObject } from '../json-body.js';
import { keptScalar, propertiesOf } from '../kept-properties.js';
import { amountAt, requiredId } from './fields.js';
import { goodsProperties } from './goods.js';

/** What rules may ask of an order. Nothing says who bought. */
export function orderProperties(order: JsonObject): Record<string, unknown> {
  return propertiesOf([
    ...goodsProperties(order),
    ['order_id', requiredId(order, 'id')],
    ['order_name', keptScalar(order['name'])],
    ['revenue', amountAt('/total_price', order['total_price'])],
    ['checkout_token', keptScalar(order['checkout_token'])],
  ]);
}
