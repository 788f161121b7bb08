import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isNestedBeyond } from './json-depth.js';
import { jsonPointer, Problem } from './problem.js';

/** Far more than any form of ours is deep; what lies deeper is an attack on whoever walks through it. */
const DEEPEST = 64;

type Done = (error: Error | null, body?: unknown) => void;

/**
 * A parser of JSON bodies for `app.useBodyParser('application/json', …)`: Fastify's own, but a body that is not JSON is
 * refused with the line and column where it stops being so.
 */
export function jsonBodyParser(fastify: Pick<FastifyInstance, 'getDefaultJsonParser'>) {
  const parse = fastify.getDefaultJsonParser('error', 'error') as (
    request: FastifyRequest,
    text: string,
    done: Done,
  ) => void;
  return (request: FastifyRequest, body: Buffer, done: Done): void => {
    if (!isUtf8(body)) return done(Problem.badRequest('The body is not UTF-8.'));
    if (isNestedBeyond(DEEPEST, body)) {
      return done(Problem.badRequest(`The body is nested deeper than ${DEEPEST} levels.`));
    }
    const text = body.toString();
    parse(request, text, (error, value) => {
      if (error) return done(text === '' ? error : invalidJson(text));
      const half = HALF.test(text) ? halfIn(value, '') : undefined;
      done(half === undefined ? null : halfCharacter(half), value);
    });
  };
}

/** How JSON in UTF-8 may spell half of a character; two of them may be one character. */
const HALF = /\\u[dD][89a-fA-F]/;

/** Where half of a character stands alone, which is no text, and which no database keeps; a pointer, or undefined. */
function halfIn(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : pointer;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const half = name.isWellFormed() ? halfIn(inner, pointer + jsonPointer(name)) : pointer;
    if (half !== undefined) return half;
  }
  return undefined;
}

function halfCharacter(pointer: string): Problem {
  const expected = 'both halves of a surrogate pair, such as \\ud83d\\ude00, or neither';
  return Problem.badRequest('The request is not right.', [
    { pointer, detail: 'half of a character stands alone in a text or name', expected },
  ]);
}

/** Why a text is refused as JSON. The parser's own message is not passed on: it quotes the body. */
export function invalidJson(text: string): Problem {
  const at = brokenAt(text);
  if (at === undefined) {
    return Problem.badRequest('The body has a key that is not allowed: "__proto__" or "constructor.prototype".');
  }
  if (at === text.length) return Problem.badRequest('The body is not valid JSON: it ends before it is complete.');
  const before = text.slice(0, at).split('\n');
  const column = before.at(-1)!.length + 1;
  return Problem.badRequest(`The body is not valid JSON: see line ${before.length}, column ${column}.`);
}

/**
 * How many characters of a text could still be the beginning of JSON; undefined if it is JSON. Found by halving, since
 * not every message of JSON.parse has a position.
 */
function brokenAt(text: string): number | undefined {
  if (fate(text) === 'complete') return undefined;
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (fate(text.slice(0, middle)) === 'broken') bad = middle;
    else good = middle;
  }
  return good;
}

function fate(beginning: string): 'complete' | 'unfinished' | 'broken' {
  try {
    JSON.parse(beginning);
    return 'complete';
  } catch (error) {
    const { message } = error as SyntaxError;
    if (message.startsWith('Unexpected end') || message.startsWith('Unterminated')) return 'unfinished';
    const position = / at position (\d+)/.exec(message)?.[1];
    return position !== undefined && Number(position) >= beginning.length ? 'unfinished' : 'broken';
  }
}
