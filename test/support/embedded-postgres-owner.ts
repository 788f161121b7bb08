import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';

/** A process to be killed: starts a server with the options in its argument, prints the URL, and lives on. */
const options = JSON.parse(process.argv[2]!) as Parameters<typeof startEmbeddedPostgres>[0];
void startEmbeddedPostgres(options).then(({ url }) => console.log(url));
