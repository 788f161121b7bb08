import { segmentsBelow, type SegmentRules } from './references.js';
import type { Rule } from './rule.js';

/** Read whatever the rule says: who acted, and what tells which purchases were undone. */
const ALWAYS = ['actor_class', 'order_id', 'revenue', 'amount', 'currency'];

/**
 * The properties of events that a rule can ask for, itself or through the segments that it names, by the names under which
 * they stand at the top: events with no others give the same answer.
 */
export function propertiesRead(rule: Rule, segments: SegmentRules): string[] {
  const found = new Set(ALWAYS);
  for (const one of [rule, ...[...segmentsBelow(rule, segments)].map((key) => segments.get(key)!)]) collect(one, found);
  return [...found];
}

/** A rule is plain JSON in which property paths stand in few places, the same in every condition. */
function collect(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) for (const one of node) collect(one, found);
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'where') Object.keys(value as object).forEach((path) => add(path, found));
    else if (name === 'same') (value as string[]).forEach((path) => add(path, found));
    else if (name === 'property' || name === 'attribute') add(value as string, found);
    else collect(value, found);
  }
}

/** A name with dots is a property of its own, or leads into one. */
function add(path: string, found: Set<string>): void {
  found.add(path);
  found.add(path.split('.')[0]!);
}
