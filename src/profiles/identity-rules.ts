import { IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from './identifier.js';

/** By what rules identifiers that are seen together make two profiles one. */
export interface IdentityRules {
  /** Kinds that may join two profiles, strongest evidence first; the strongest known identifier says whose an event is. */
  mergingKinds: readonly IdentifierKind[];
  /** Kinds of which one person has one id: profiles with different ones are strangers. */
  singleKinds: readonly IdentifierKind[];
  /** The most single and anonymous ids that are joined in one profile: beyond that something shared ties strangers together. */
  mostIds: number;
}

/** Under this token: the {@link IdentityRules} of the installation. */
export const IDENTITY_RULES = Symbol('IdentityRules');

/** Identifiers in the order in which they say whose an event is; kinds that may not join profiles come last. */
export function byStrength(rules: IdentityRules, identifiers: readonly Identifier[]): Identifier[] {
  const rank = ({ kind }: Identifier): number => {
    const place = rules.mergingKinds.indexOf(kind);
    return place >= 0 ? place : IDENTIFIER_KINDS.length + IDENTIFIER_KINDS.indexOf(kind);
  };
  return [...identifiers].sort((a, b) => rank(a) - rank(b));
}

/** Whether ids of this kind count toward {@link IdentityRules.mostIds}. */
export function isCounted(rules: IdentityRules, kind: IdentifierKind): boolean {
  return kind === 'anonymous_id' || rules.singleKinds.includes(kind);
}

/**
 * Whether the two have different ids of a kind of which one person has one. An event that names an id of each itself (an
 * alias) says that they are the same person's.
 */
export function contradict(
  { singleKinds }: IdentityRules,
  one: readonly Identifier[],
  other: readonly Identifier[],
  named: readonly Identifier[] = [],
): boolean {
  if (one.length === 0 || other.length === 0) return false;
  return singleKinds.some((kind) => {
    const [ones, others, both] = [one, other, named].map((all) => valuesOf(kind, all)) as [
      string[],
      string[],
      string[],
    ];
    if (ones.length === 0 || others.length === 0 || ones.some((value) => others.includes(value))) return false;
    return !(ones.some((value) => both.includes(value)) && others.some((value) => both.includes(value)));
  });
}

function valuesOf(kind: IdentifierKind, identifiers: readonly Identifier[]): string[] {
  return identifiers.filter((one) => one.kind === kind).map((one) => one.value);
}
