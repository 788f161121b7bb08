import { nameFits } from './matcher.js';
import { PURCHASE } from './net-purchases.js';
import { segmentsBelow, type SegmentRules } from './references.js';
import type { EventName, Rule } from './rule.js';

/** By the names under which they stand at the top of an event. */
export interface PropertiesRead {
  /** What conditions ask for. */
  named: readonly string[];
  /** What tells which purchases were undone: of no matter where none were. */
  undoing: readonly string[];
}

/**
 * The properties of events that a rule can ask for, itself or through the segments that it names: events with no others
 * give the same answer.
 */
export function propertiesRead(rule: Rule, segments: SegmentRules): PropertiesRead {
  const found = { named: new Set(['actor_class']), isNet: false };
  for (const one of [rule, ...[...segmentsBelow(rule, segments)].map((key) => segments.get(key)!)]) collect(one, found);
  return { named: [...found.named], undoing: found.isNet ? ['order_id', 'revenue', 'amount', 'currency'] : [] };
}

interface Found {
  named: Set<string>;
  isNet: boolean;
}

/** A rule is plain JSON in which property paths stand in few places, the same in every condition. */
function collect(node: unknown, found: Found): void {
  if (Array.isArray(node)) for (const one of node) collect(one, found);
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'where') Object.keys(value as object).forEach((path) => add(path, found));
    else if (name === 'same') (value as string[]).forEach((path) => add(path, found));
    else if (name === 'property' || name === 'attribute') add(value as string, found);
    else collect(value, found);
    // Amounts are in a currency.
    if (name === 'property') add('currency', found);
    if (name === 'performed' && nameFits(value as EventName, PURCHASE)) found.isNet = true;
  }
}

/** A name with dots is a property of its own, or leads into one. */
function add(path: string, { named }: Found): void {
  named.add(path);
  named.add(path.split('.')[0]!);
}
