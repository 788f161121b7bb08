import type { Queue } from 'bullmq';
import type { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { query } from '../database.js';
import type { HealthCheck } from './health-check.js';

/** What every process of the service needs: a migrated database, and a queue that answers. */
export function serviceChecks(dataSource: DataSource, queue: Queue): readonly HealthCheck[] {
  return [
    {
      name: 'database',
      check: async () => void (await query(dataSource.manager, 'SELECT 1')),
    },
    {
      name: 'migrations',
      check: async () => {
        const [row] = await query<{ applied: string }>(
          dataSource.manager,
          'SELECT count(*) AS applied FROM migrations',
        );
        if (Number(row!.applied) < MIGRATIONS.length) throw new Error('The database is older than this version.');
      },
    },
    {
      name: 'queue',
      // Jobs are nudges: events are stored and decisions made without any.
      isDispensable: true,
      check: async () => void (await queue.getWaitingCount()),
    },
  ];
}
