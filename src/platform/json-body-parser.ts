import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isNestedBeyond } from './json-depth.js';
import { Problem } from './problem.js';

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
    parse(request, text, (error, value) => done(error && text !== '' ? invalidJson(text) : error, value));
  };
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
