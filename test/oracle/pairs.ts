import type { PerformedRule, Rule } from '../../src/core/rule.js';
import { partsOf } from './features.js';

/** The kinds of conditions, as the tables of pairs show them. */
export const KINDS = [
  ...['count', 'sum', 'min', 'max', 'avg', 'distinct', 'first', 'last', 'followedBy', 'notFollowedBy'],
  ...['attribute', 'attribute for', 'bucket', 'everyone'],
  ...['segment', 'segment for', 'all', 'any', 'not', 'atLeast'],
] as const;

/** Those of them that others can stand in. */
export const OUTER_KINDS = ['segment', 'segment for', 'all', 'any', 'not', 'atLeast'] as const;

const PERFORMED = KINDS.slice(1, 10) as unknown as (keyof PerformedRule)[];

function kindOf(rule: Rule): string {
  if ('performed' in rule) return PERFORMED.find((key) => rule[key] !== undefined) ?? 'count';
  if ('attribute' in rule) return rule.for === undefined ? 'attribute' : 'attribute for';
  if ('segment' in rule) return rule.for === undefined ? 'segment' : 'segment for';
  return Object.keys(rule)[0]!;
}

/** The pairs of conditions in a rule, its child segments included: one in the other, or each in its own part. */
export function pairsOf(
  rule: Rule,
  segments: Readonly<Record<string, Rule>>,
): { nested: Set<string>; beside: Set<string> } {
  const nested = new Set<string>();
  const beside = new Set<string>();
  collect(rule);
  return { nested, beside };

  /** Returns the kinds of all conditions in the rule, itself included. */
  function collect(one: Rule): Set<string> {
    const parts = 'segment' in one ? [segments[one.segment]!] : partsOf(one);
    const inside = parts.map(collect);
    const kind = kindOf(one);
    for (const kinds of inside) for (const inner of kinds) nested.add(`${kind} > ${inner}`);
    inside.forEach((kinds, index) => {
      for (const other of inside.slice(index + 1)) pair(kinds, other);
    });
    return new Set([kind, ...inside.flatMap((kinds) => [...kinds])]);
  }

  function pair(some: Set<string>, others: Set<string>): void {
    for (const a of some) for (const b of others) beside.add(pairName(a, b));
  }
}

/** One name for a pair, whichever of them comes first. */
export function pairName(a: string, b: string): string {
  return [a, b].sort().join(' + ');
}
