// The service itself, built, in the roles that its environment gives it; its API has one route more for the bench: a batch
// of reports in a request, put in as any source with batches does. Started by benchmarks (see programs.ts).
import { createApp } from '../dist/src/create-app.js';
import { loadConfig } from '../dist/src/platform/config.js';
import { migrateDatabase } from '../dist/src/platform/database.js';
import { createLogger, NestLogger } from '../dist/src/platform/logger.js';
import { ApiKeyStore } from '../dist/src/platform/auth/api-key-store.js';
import { SCOPES } from '../dist/src/platform/auth/access.js';
import { customerioSource } from '../dist/src/sources/customerio/customerio-source.js';
import { Ingestion } from '../dist/src/sources/ingestion.js';
import { DataSource } from 'typeorm';

const config = loadConfig();
await migrateDatabase(config.database.url);
const app = await createApp(config, config.database.url, new NestLogger(createLogger(config.log)));
if (config.roles.includes('api')) takeBatches();
const { key } = await app.get(ApiKeyStore).create(app.get(DataSource).manager, { name: 'bench', scopes: SCOPES });
await app.listen(0, '127.0.0.1');
process.send({ port: Number(new URL(await app.getUrl()).port), key });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));

function takeBatches() {
  const ingestion = app.get(Ingestion);
  app
    .getHttpAdapter()
    .getInstance()
    .post('/bench/batch', async (request) => {
      const entries = request.body.flatMap((report) => {
        const body = Buffer.from(JSON.stringify(report));
        return customerioSource.normalise({ headers: {}, body }).events.map((event) => ({ event, body }));
      });
      const outcomes = await ingestion.record(customerioSource.key, entries);
      return { stored: outcomes.filter((one) => one.kind === 'stored').length };
    });
}
