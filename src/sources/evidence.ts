import {
  IDENTIFIER_KINDS,
  identifier,
  identifierKey,
  isPlausible,
  type Identifier,
  type IdentifierKind,
} from '../profiles/identifier.js';

/** What a delivery says somebody is. */
export type Evidence = readonly [IdentifierKind, unknown];

/** The usable ones among what a delivery says about who it is, strongest evidence first, each once. */
export function evidenceFrom(candidates: readonly Evidence[]): Identifier[] {
  const distinct = new Map<string, Identifier>();
  for (const [kind, raw] of candidates) {
    if (typeof raw === 'number' && !Number.isSafeInteger(raw)) continue; // else two people's ids may be one number
    const one = identifier(kind, raw);
    if (one && isPlausible(one)) distinct.set(identifierKey(one), one);
  }
  return [...distinct.values()].sort((a, b) => IDENTIFIER_KINDS.indexOf(a.kind) - IDENTIFIER_KINDS.indexOf(b.kind));
}
