import type { Transaction } from '../platform/database.js';
import type { Addressee } from '../destinations/destination.js';

/** Who was erased here: a port, since reconciliation knows nothing of profiles. */
export abstract class Erasures {
  /** How many of some people, whom we do not know, were erased. */
  abstract countAmong(tx: Transaction, strangers: readonly Addressee[]): Promise<number>;
}
