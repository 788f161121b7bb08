// The service itself, built, in the roles that its environment gives it. Started by ../sync.ts.
import { createApp } from '../../dist/src/create-app.js';
import { ApiKeyStore } from '../../dist/src/platform/auth/api-key-store.js';
import { SCOPES } from '../../dist/src/platform/auth/access.js';
import { loadConfig } from '../../dist/src/platform/config.js';
import { createLogger, NestLogger } from '../../dist/src/platform/logger.js';
import { DataSource } from 'typeorm';

const config = loadConfig();
const app = await createApp(config, config.database.url, new NestLogger(createLogger(config.log)));
const { key } = await app.get(ApiKeyStore).create(app.get(DataSource).manager, { name: 'bench', scopes: SCOPES });
await app.listen(0, '127.0.0.1');
process.send({ port: Number(new URL(await app.getUrl()).port), key });
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
