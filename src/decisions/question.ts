import { createHash } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import { jsonPointer, Problem, type ProblemEntry } from '../platform/problem.js';
import { traceparent } from '../platform/tracing/tracing.js';
import { identifierKey, type Identifier } from '../profiles/identifier.js';
import { identifiersFromBody } from '../profiles/identifier-reference.js';

/** What makes an answer stand: the run of a journey that asks, or the key of one request. */
export interface Pin {
  kind: 'run' | 'request';
  key: string;
}

/** Which branch does somebody take? */
export interface Question {
  journey: string;
  branchPoint: string;
  /** Strongest first. */
  identifiers: readonly Identifier[];
  pins: readonly Pin[];
  /** Tells one question from another under the same key. */
  digest: string;
  /** Answered, and nothing kept of it. */
  isDryRun: boolean;
  /** Whether the answer is to say why. */
  isExplained: boolean;
  /** Whether it has been answered by a fallback meanwhile: whatever comes out is not kept. */
  isGivenUp: boolean;
  /** When whoever asks signed it; undefined where a key opened the way. */
  signedAt?: Instant | undefined;
  /** The trace that it belongs to, as W3C Trace Context writes it; undefined while nothing is traced. */
  traceparent?: string | undefined;
}

export interface Asked {
  journey: string;
  branchPoint: string;
  isDryRun: boolean;
  isExplained: boolean;
  signedAt?: Instant | undefined;
  /** The `Idempotency-Key` header. */
  requestKey?: string | undefined;
}

const LONGEST_KEY = 200;
const KNOWN = ['identifiers', 'journey_run_id'];

/** Reads a question as a body carries it. Throws a 400 problem that lists every problem. By hand: it is the hot path. */
export function questionFrom(body: unknown, asked: Asked, pointer = ''): Question {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refused([{ pointer, detail: 'not a JSON object', expected: 'a JSON object' }]);
  }
  const given = body as Record<string, unknown>;
  const problems: ProblemEntry[] = Object.keys(given)
    .filter((name) => !KNOWN.includes(name))
    .map((name) => ({
      pointer: pointer + jsonPointer(name),
      detail: `"${name}" is not known here`,
      expected: 'only "identifiers" and "journey_run_id"',
    }));
  const runKey = keyFrom(given.journey_run_id, `${pointer}/journey_run_id`, problems);
  const requestKey = keyFrom(asked.requestKey, '/Idempotency-Key', problems);
  const identifiers = identifiersFrom(given.identifiers, `${pointer}/identifiers`, problems);
  if (problems.length > 0) throw refused(problems);
  return {
    ...asked,
    isGivenUp: false,
    traceparent: traceparent(),
    identifiers,
    pins: [
      ...(runKey === undefined ? [] : [{ kind: 'run' as const, key: runKey }]),
      ...(requestKey === undefined ? [] : [{ kind: 'request' as const, key: requestKey }]),
    ],
    digest: runKey === undefined && requestKey === undefined ? '' : digestOf(identifiers, runKey),
  };
}

/** Templates leave what they don't know empty; that is no key. */
function keyFrom(value: unknown, pointer: string, problems: ProblemEntry[]): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text.length <= LONGEST_KEY && !text.includes('\0') && text.isWellFormed())
    return text;
  problems.push({ pointer, detail: 'not usable as a key', expected: `a text of at most ${LONGEST_KEY} characters` });
  return undefined;
}

function identifiersFrom(value: unknown, pointer: string, problems: ProblemEntry[]): Identifier[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push({ pointer, detail: 'no identifiers are given', expected: 'an object such as {"customer_id": "42"}' });
    return [];
  }
  try {
    return identifiersFromBody(value as Record<string, unknown>, pointer);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    problems.push(...error.errors);
    return [];
  }
}

function digestOf(identifiers: readonly Identifier[], runKey: string | undefined): string {
  const said = JSON.stringify([identifiers.map(identifierKey), runKey ?? null]);
  return createHash('sha256').update(said).digest('base64url').slice(0, 22);
}

function refused(problems: readonly ProblemEntry[]): Problem {
  return Problem.badRequest('The request is not right.', problems);
}
