import { jsonPointer, Problem } from '../platform/problem.js';
import {
  identifier,
  IDENTIFIER_KINDS,
  MOST_IDENTIFIER_BYTES,
  type Identifier,
  type IdentifierKind,
} from './identifier.js';

const EXPECTED = `one of ${IDENTIFIER_KINDS.join(', ')}, as in "email:ada@example.com" or "customer_id:42"`;

/**
 * Reads an identifier as paths and queries carry it, `kind:value`. Throws a 400 problem that says what would be right;
 * `pointer` leads to it in a query.
 */
export function identifierFromPath(reference: string, pointer = ''): Identifier {
  const colon = reference.indexOf(':');
  const kind = reference.slice(0, Math.max(colon, 0));
  const found = checked(kind, reference.slice(colon + 1));
  if (found) return found;
  const isKind = (IDENTIFIER_KINDS as readonly string[]).includes(kind);
  const problem = isKind
    ? { pointer, detail: `"${kind}" has no usable value`, expected: `a text of 1 to ${MOST_IDENTIFIER_BYTES} bytes` }
    : { pointer, detail: 'the identifier has no known kind', expected: EXPECTED };
  throw Problem.badRequest('The identifier is not usable.', [problem]);
}

/**
 * Reads identifiers as bodies carry them, an object of kind → value, strongest evidence first. Throws a 400 problem that
 * lists every wrong entry.
 */
export function identifiersFromBody(given: Record<string, unknown>, pointer: string): Identifier[] {
  const entries = Object.entries(given).filter(([, value]) => value !== null && value !== '');
  const wrong = entries.filter(([kind, value]) => !checked(kind, value));
  if (wrong.length > 0 || entries.length === 0) {
    const problems = wrong.map(([kind]) => ({
      pointer: pointer + jsonPointer(kind),
      detail: 'not an identifier that is known here',
      expected: `a text or number under one of ${IDENTIFIER_KINDS.join(', ')}`,
    }));
    const none = {
      pointer,
      detail: 'no identifier is given',
      expected: `at least one of ${IDENTIFIER_KINDS.join(', ')}`,
    };
    throw Problem.badRequest('The identifiers are not usable.', problems.length > 0 ? problems : [none]);
  }
  return entries
    .map(([kind, value]) => checked(kind, value)!)
    .sort((a, b) => IDENTIFIER_KINDS.indexOf(a.kind) - IDENTIFIER_KINDS.indexOf(b.kind));
}

function checked(kind: string, value: unknown): Identifier | undefined {
  return (IDENTIFIER_KINDS as readonly string[]).includes(kind) ? identifier(kind as IdentifierKind, value) : undefined;
}
