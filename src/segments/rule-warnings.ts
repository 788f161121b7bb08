import type { Rule } from '../core/rule.js';
import type { Transaction } from '../platform/database.js';

/** What is right about a rule, and yet looks like a mistake: a port, since segments know nothing of what came in. */
export abstract class RuleWarnings {
  /** In words; `rule` is one that could be in force. */
  abstract of(tx: Transaction, rule: Rule): Promise<string[]>;
}
