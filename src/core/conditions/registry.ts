import type { Rule } from '../rule.js';
import { all, any, not } from './combinations.js';
import type { ConditionType } from './condition.js';
import { performed } from './performed.js';

/** The one list of condition types; a node is of the type whose key it has. */
export const CONDITION_TYPES = [performed, all, any, not] as unknown as readonly ConditionType[];

/** The type of a checked node. */
export function conditionTypeOf(rule: Rule): ConditionType {
  return CONDITION_TYPES.find((type) => Object.hasOwn(rule, type.key))!;
}
