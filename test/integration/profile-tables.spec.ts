import { PROFILE_TABLES } from '../../src/profiles/profile-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('the list of the tables of profiles’ data', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  it('has every table with a lane and a profile, so that a merge forgets none', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT t.table_name AS name FROM information_schema.tables t
        WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'
          AND EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = 'public'
                        AND c.table_name = t.table_name AND c.column_name = 'lane')
          AND EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = 'public'
                        AND c.table_name = t.table_name AND c.column_name = 'profile_id')
        ORDER BY name`,
    );
    // Identifiers have lanes of their own and lead to profiles: they are moved by whom they lead to.
    const named = rows.map((row) => row.name).filter((name) => name !== 'identifiers');
    expect(named).toEqual(Object.keys(PROFILE_TABLES).sort());
  });
});
