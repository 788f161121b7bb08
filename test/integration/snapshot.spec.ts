import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/data-source.js';
import { inSnapshot } from '../../src/platform/catalogue-revision.js';
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
    const [row] = await dataSource.transaction((tx) => tx.query<{ two: number }[]>('SELECT 2 AS two'));
    expect(row).toEqual({ two: 2 });
  });
});
