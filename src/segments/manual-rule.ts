import type { Rule } from '../core/rule.js';

/** The fact of which the membership of manual segments is made; it stands in a profile's history like any other. */
export const MANUAL_MEMBERSHIP = 'segment_membership';

/** Whose facts they are. */
export const MANUAL_SOURCE = 'turnout';

/**
 * The rule of a segment whose members are named one by one: of whom it was last said that they are in it. An ordinary
 * rule, so that histories, "has been in it for", reasons and pushes are those of every segment.
 */
export function manualRule(key: string): Rule {
  return { performed: MANUAL_MEMBERSHIP, where: { segment: key }, last: { where: { is_member: true } } };
}

export function isManual(key: string, rule: unknown): boolean {
  return JSON.stringify(rule) === JSON.stringify(manualRule(key));
}
