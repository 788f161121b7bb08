import pg from 'pg';

/** As PostgreSQL numbers its types. */
const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Instants as milliseconds and large integers as numbers, without a `Date` or a text for each. */
export const READ_FAST: pg.CustomTypesConfig = {
  getTypeParser(id: number): (text: string) => unknown {
    if (id === TIMESTAMPTZ) return instantOf;
    if (id === INT8) return Number;
    return pg.types.getTypeParser(id) as (text: string) => unknown;
  },
};

const readDate = pg.types.getTypeParser(TIMESTAMPTZ) as (text: string) => Date | number;

/**
 * Milliseconds since the epoch, from what PostgreSQL writes for a `timestamptz`; `Infinity` and `-Infinity` for its own.
 * In UTC, as most sessions are, by reading the digits.
 */
export function instantOf(text: string): number {
  if (!isPlainUtc(text)) return Number(readDate(text));
  const second = Date.UTC(
    digits(text, 0, 4),
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
  );
  if (text.length === SECOND.length) return second;
  // What PostgreSQL leaves out at the end are zeros. Columns are of milliseconds.
  let fraction = 0;
  for (let place = 100, at = 20; at < text.length - 3; at++, place /= 10) fraction += place * digits(text, at, at + 1);
  return second + Math.floor(fraction);
}

const SECOND = '2026-11-24 10:20:30+00';
const MILLISECOND = '2026-11-24 10:20:30.123+00';

/** A year of four digits from 1000 on, to the millisecond at the most: no time zone but UTC, nothing before Christ. */
function isPlainUtc(text: string): boolean {
  return (
    text.length >= SECOND.length &&
    text.length <= MILLISECOND.length &&
    text.endsWith('+00') &&
    text[4] === '-' &&
    text[10] === ' ' &&
    text[0] !== '0'
  );
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}
