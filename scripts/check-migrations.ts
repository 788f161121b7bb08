// Part of `npm run check`: the migrations, run on an empty database, must make what the entities describe.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { createDataSource } from '../src/data-source.js';
import { migrateDatabase } from '../src/platform/database.js';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.js';

const folder = await mkdtemp(join(tmpdir(), 'turnout-check-'));
// As root, the server runs as another user, who must be able to enter.
await chmod(folder, 0o755);
try {
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port: 0 });
  try {
    await migrateDatabase(postgres.url);
    const differences = await differencesToEntities(postgres.url);
    if (differences.length > 0) {
      console.error('The migrations and the entities differ. What would make them equal:');
      for (const statement of differences) console.error(`  ${statement};`);
      process.exitCode = 1;
    }
  } finally {
    await postgres.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The SQL that would turn the database into what the entities describe. */
async function differencesToEntities(url: string): Promise<string[]> {
  const dataSource = await createDataSource(url).initialize();
  try {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  } finally {
    await dataSource.destroy();
  }
}
