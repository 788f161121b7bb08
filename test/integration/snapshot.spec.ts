import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/data-source.js';
import { inSnapshot } from '../../src/platform/catalogue-revision.js';
import { query, type Transaction } from '../../src/platform/database.js';
import { streamedSnapshot } from '../../src/platform/streamed-snapshot.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('a snapshot', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url, 1).initialize();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  /** With a pool of one, only where the connection is there again, and nothing is open on it. */
  async function othersAreServed(): Promise<void> {
    const [row] = await dataSource.transaction((tx) => tx.query<{ two: number }[]>('SELECT 2 AS two'));
    expect(row).toEqual({ two: 2 });
  }

  it('whose end is cut short leaves its connection to the next one as if it had ended', async () => {
    await inSnapshot(
      dataSource,
      () => Promise.resolve(),
      async (tx) => {
        const client = (await tx.queryRunner!.connect()) as ClientBase;
        const query = client.query.bind(client) as (sql: string) => Promise<unknown>;
        let isCut = false;
        client.query = ((sql: string) => {
          if (sql !== 'COMMIT' || isCut) return query(sql);
          isCut = true;
          return query('SELECT 1 / 0'); // as a statement that is cancelled
        }) as ClientBase['query'];
      },
    );
    await othersAreServed();
  });

  describe('that is read row by row', () => {
    async function* numbers(tx: Transaction): AsyncGenerator<number> {
      await query(tx, 'DECLARE numbers CURSOR FOR SELECT n::integer FROM generate_series(1, 3) AS n');
      for (let last = 0; last < 3;) {
        const [row] = await query<{ n: number }>(tx, 'FETCH 1 FROM numbers');
        yield (last = row!.n);
      }
    }

    it('ends with the last row', async () => {
      const read: number[] = [];
      for await (const n of streamedSnapshot(dataSource, numbers)) read.push(n);
      expect(read).toEqual([1, 2, 3]);
      await othersAreServed();
    });

    it('ends where its reader wants no more', async () => {
      for await (const n of streamedSnapshot(dataSource, numbers)) if (n === 2) break;
      await othersAreServed();
    });

    it('lets go whoever reads too slowly, and tells them', async () => {
      const rows = streamedSnapshot(dataSource, numbers, 100);
      expect((await rows.next()).value).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 400));
      await expect(rows.next()).rejects.toThrow();
      await othersAreServed();
    });

    it('gives its connection back when that is lost', async () => {
      const rows = streamedSnapshot(dataSource, numbers);
      expect((await rows.next()).value).toBe(1);
      await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'`,
      );
      await expect(rows.next()).rejects.toThrow();
      await othersAreServed();
    });

    it('gives its connection back when it can’t begin', async () => {
      const refused = streamedSnapshot(dataSource, numbers, -1);
      await expect(refused.next()).rejects.toThrow('idle_in_transaction_session_timeout');
      await othersAreServed();
    });
  });
});
