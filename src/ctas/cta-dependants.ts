import type { Transaction } from '../platform/database.js';

/** Who needs a CTA, said by those who do: a port, since CTAs know nothing of rules. */
export abstract class CtaDependants {
  /** What names the CTA, in words such as `segment "cart"`; empty when it may go. */
  abstract of(tx: Transaction, ctaKey: string): Promise<string[]>;
}
