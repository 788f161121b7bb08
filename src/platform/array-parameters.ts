import { textOfInstant } from './instant-text.js';

/**
 * An array as PostgreSQL reads it, of what needs no quotes: numbers, booleans, ids and words of our own. pg itself quotes
 * each element and looks for what to escape in it.
 */
export function plainArray(values: readonly (number | boolean | string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : value)).join()}}`;
}

/** Texts as an array: as pg writes it, without looking at each twice. */
export function textArray(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${escaped(text)}"`)).join()}}`;
}

const SPECIAL = /["\\]/g;

function escaped(text: string): string {
  return text.includes('"') || text.includes('\\') ? text.replace(SPECIAL, '\\$&') : text;
}

/** Instants in epoch milliseconds, as an array of `timestamptz`. */
export function instantArray(instants: readonly (number | null)[]): string | (Date | null)[] {
  // What lies further off is written otherwise by JavaScript.
  if (!instants.every((instant) => instant === null || (instant >= YEAR_1 && instant <= LAST_INSTANT))) {
    return instants.map((instant) => (instant === null ? null : new Date(instant)));
  }
  return plainArray(instants.map((instant) => (instant === null ? null : textOfInstant(instant))));
}

/** Since when something counts, as an array of `timestamptz`: before the year 1 there is nothing. */
export function sinceArray(instants: readonly number[]): string {
  const texts = instants.map((instant) => (instant < YEAR_1 ? '-infinity' : textOfInstant(instant)));
  return plainArray(texts);
}

/** The first instant of the database's calendar that everybody writes alike: there is no year 0. */
export const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** Values as JSON, in one text for {@link jsonArrayIn}: none of it is to be escaped, since JSON has no control characters. */
export function jsonArray(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(SEPARATOR);
}

const SEPARATOR = '\u0001';

/** The `jsonb[]` in a parameter made by {@link jsonArray}, which is not empty. */
export function jsonArrayIn(parameter: `$${number}`): string {
  return `string_to_array(${parameter}, chr(1))::jsonb[]`;
}
