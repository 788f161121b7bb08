import type { Transaction } from '../platform/database.js';

/** Whoever must know that what came of somebody's clicks may be new: a port, since reports tell nobody of anything. */
export abstract class FigureFollowers {
  /** Called in the transaction in which some profiles were counted anew; nobody merges or erases them meanwhile. */
  abstract afterCount(tx: Transaction, profileIds: readonly number[]): Promise<void>;
}
