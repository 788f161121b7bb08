import { Problem } from './problem.js';

/** Where a page ended, as an opaque text: the values by which the next one goes on. */
export function writeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** What a value of a cursor may be: such as the database takes, whichever list's cursor is sent, and whoever made it. */
export const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const NUMBER = /^\d{1,18}$/;
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
export const TEXT = /^[^\0]*$/;

/** Reads what {@link writeCursor} wrote, values of these forms. Throws a 400 problem. */
export function readCursor(text: string, forms: readonly RegExp[]): string[] {
  const values: unknown = parsed(text);
  const isOne =
    Array.isArray(values) &&
    values.length === forms.length &&
    forms.every((form, index) => typeof values[index] === 'string' && form.test(values[index]));
  if (isOne) return values as string[];
  throw notACursor();
}

/** An instant in a cursor. Throws a 400 problem. */
export function readInstant(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw notACursor();
}

function notACursor(): Problem {
  const problem = { pointer: '/after', detail: 'not a cursor of this list', expected: 'the `next` of the page before' };
  return Problem.badRequest('The page can not be told from its cursor.', [problem]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
