import type { Transaction } from '../platform/database.js';

/** Which events rules ask for: a port, since profiles know no rules. */
export abstract class AskedNames {
  /**
   * Whether memberships, or decisions that are still open, can rest on events of one of these names, as of the catalogue's
   * revision.
   */
  abstract includeAny(tx: Transaction, revision: number, names: readonly string[]): Promise<boolean>;
}
