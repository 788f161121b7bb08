import type { Instant } from '../../core/instant.js';
import type { Mapped } from './mapping.js';

/** Stops the reading of a row. Says where and what would be right, never what was there: rows are personal. */
export class BadRow extends Error {
  constructor(
    readonly reason: string,
    where: string,
    expected: string,
  ) {
    super(`${where}: expected ${expected}`);
  }
}

/** Makes of a {@link BadRow} that is thrown a row that is set aside. */
export function orBad(read: () => Mapped): Mapped {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadRow)) throw error;
    return { kind: 'bad', reason: error.reason, problem: error.message };
  }
}

const DATE = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d{1,9})? ?(Z|UTC|[+-]\d\d:?\d\d)$/;
const LAST_SECOND = 253_402_300_799; // of the year 9999
export const EXPECTED_DATE =
  'a date with time and offset such as 2026-01-31T09:30:00Z or "2026-01-31 10:30:00 +0100", or seconds since 1970';

/** The instant that a text tells: ISO 8601, the form of Shopify's exports, or seconds or milliseconds since 1970. */
export function instantOf(text: string): Instant | undefined {
  if (/^\d{1,10}(\.\d{1,6})?$/.test(text))
    return Number(text) <= LAST_SECOND ? Math.round(Number(text) * 1_000) : undefined;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const [, day, time, fraction = '', offset] = DATE.exec(text) ?? [];
  if (!day || !time || !offset) return undefined;
  const clock = `${day}T${time.length === 5 ? `${time}:00` : time}`;
  const zone = /^[+-]/.test(offset) ? offset.replace(/^(...):?/, '$1:') : 'Z';
  const at = Date.parse(clock + fraction + zone);
  const read = new Date(`${clock}Z`); // Date.parse takes 30 February for 2 March
  const isReal = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(clock);
  return isReal && at >= 0 ? at : undefined;
}

export function requiredInstant(where: string, text: string | undefined): Instant {
  const at = text === undefined ? undefined : instantOf(text);
  if (at === undefined) throw new BadRow('bad_timestamp', where, EXPECTED_DATE);
  return at;
}
