import { Problem } from '../platform/problem.js';
import { identifier, IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from './identifier.js';

const EXPECTED = `one of ${IDENTIFIER_KINDS.join(', ')}, as in "email:ada@example.com" or "customer_id:42"`;

/** Reads an identifier as paths carry it, `kind:value`. Throws a 400 problem that says what would be right. */
export function identifierFromPath(reference: string): Identifier {
  const colon = reference.indexOf(':');
  const found = colon > 0 ? checked(reference.slice(0, colon), reference.slice(colon + 1)) : undefined;
  if (found) return found;
  const problem = { pointer: '', detail: 'the identifier in the path has no known kind', expected: EXPECTED };
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
      pointer: `${pointer}/${kind}`,
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
