import type { Transaction } from '../../platform/database.js';

/** Who needs a destination: a port, since destinations know nothing of segments and of what is owed to them. */
export abstract class DestinationDependants {
  /** What is pushed there, in words such as `segment "cart"`; empty when it may go. */
  abstract of(tx: Transaction, key: string): Promise<string[]>;

  /** Drops what is still owed to it; how many messages of each kind. */
  abstract dropOwed(tx: Transaction, key: string): Promise<Record<string, number>>;

  /** Drops what one of this key that was removed is owed yet: the new one begins with nothing. */
  abstract dropStale(tx: Transaction, key: string): Promise<void>;
}
