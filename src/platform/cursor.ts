import { Problem } from './problem.js';

/** Where a page ended, as an opaque text: the values by which the next one goes on. */
export function writeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Reads what {@link writeCursor} wrote, of so many values. Throws a 400 problem. */
export function readCursor(text: string, length: number): string[] {
  const values = parsed(text);
  if (Array.isArray(values) && values.length === length && values.every((one) => typeof one === 'string'))
    return values;
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
