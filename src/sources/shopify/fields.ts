import { parseDecimal } from '../../core/decimal.js';
import type { Instant } from '../../core/instant.js';
import type { JsonObject } from '../json-body.js';
import { UnusableDelivery } from '../unusable-delivery.js';

/** A Shopify id as text; undefined for anything else, numbers that JSON can't carry exactly (over 2^53) included. */
export function idText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? value : undefined;
}

/** Throws {@link UnusableDelivery}. */
export function requiredId(object: JsonObject, name: string, pointer = ''): string {
  const id = idText(object[name]);
  if (id === undefined)
    throw new UnusableDelivery('wrong_shape', `${pointer}/${name}`, 'a whole number from 1 to 2^53 - 1');
  return id;
}

/** An amount of money as the exact decimal text it came as; undefined for anything else. */
export function amountText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return parseDecimal(text) && text;
}

/** Throws {@link UnusableDelivery} for an amount that is there but can't be read; undefined for one that isn't. */
export function amountAt(pointer: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const amount = amountText(value);
  if (amount === undefined) throw new UnusableDelivery('wrong_shape', pointer, 'a decimal number such as "149.90"');
  return amount;
}

/** Where a date stands (a JSON pointer or a header), and what stands there. */
type StatedDate = readonly [where: string, value: unknown];

/** The first of several dates that is there. Throws {@link UnusableDelivery} when none is, or it can't be read. */
export function firstInstant(first: StatedDate, ...others: StatedDate[]): Instant {
  const [where, value] = [first, ...others].find(([, date]) => date !== undefined && date !== null) ?? first;
  const at = parseDate(value);
  if (at === undefined) {
    throw new UnusableDelivery(
      'bad_timestamp',
      where,
      'a date with time and offset, such as 2026-01-31T09:30:00+01:00',
    );
  }
  return at;
}

const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

function parseDate(text: unknown): Instant | undefined {
  const [date, wallClock] = (typeof text === 'string' && DATE.exec(text)) || [];
  if (date === undefined) return undefined;
  const at = Date.parse(date);
  const read = new Date(`${wallClock}Z`); // Date.parse takes 30 February for 2 March
  const isReal = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(wallClock!);
  return isReal && at >= 0 ? at : undefined;
}
