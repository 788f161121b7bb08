import type { Rule } from '../rule.js';
import { attribute } from './attribute.js';
import { all, any, atLeast, not } from './combinations.js';
import type { ConditionType } from './condition.js';
import { bucket, everyone } from './everyone.js';
import { performed } from './performed.js';
import { segment } from './segment.js';

/**
 * The one list of condition types. A node is of the first type whose key it has: an attribute's operators include `not`
 * and `atLeast`.
 */
export const CONDITION_TYPES = [
  performed,
  attribute,
  segment,
  bucket,
  everyone,
  all,
  any,
  not,
  atLeast,
] as unknown as readonly ConditionType[];

/** The type of a checked node. */
export function conditionTypeOf(rule: Rule): ConditionType {
  return CONDITION_TYPES.find((type) => Object.hasOwn(rule, type.key))!;
}
