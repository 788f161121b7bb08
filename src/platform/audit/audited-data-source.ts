import { DataSource, type EntityManager } from 'typeorm';
import { withAfterCommit } from '../after-commit.js';
import { carryChange } from './changes.js';

type Work<T> = (tx: EntityManager) => Promise<T>;
type Isolation = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/**
 * A data source whose transactions write down the change that they are about, and do once they are committed what waits for
 * that: the one place where either happens.
 */
export class AuditedDataSource extends DataSource {
  override transaction<T>(work: Work<T>): Promise<T>;
  override transaction<T>(isolation: Isolation, work: Work<T>): Promise<T>;
  override transaction<T>(first: Isolation | Work<T>, second?: Work<T>): Promise<T> {
    const [isolation, work] = typeof first === 'function' ? [undefined, first] : [first, second!];
    return withAfterCommit<T>(
      (begun) => (isolation === undefined ? super.transaction(begun) : super.transaction(isolation, begun)),
      (tx) => carryChange(tx, work),
    );
  }
}
