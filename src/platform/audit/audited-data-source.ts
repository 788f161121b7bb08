import { DataSource, type EntityManager } from 'typeorm';
import { carryChange } from './changes.js';

type Work<T> = (tx: EntityManager) => Promise<T>;
type Isolation = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

/** A data source whose transactions write down the change that they are about: the one place where that happens. */
export class AuditedDataSource extends DataSource {
  override transaction<T>(work: Work<T>): Promise<T>;
  override transaction<T>(isolation: Isolation, work: Work<T>): Promise<T>;
  override transaction<T>(first: Isolation | Work<T>, second?: Work<T>): Promise<T> {
    if (typeof first === 'function') return super.transaction((tx) => carryChange(tx, first));
    return super.transaction(first, (tx) => carryChange(tx, second!));
  }
}
