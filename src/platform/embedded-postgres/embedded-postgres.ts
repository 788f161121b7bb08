import { dirname } from 'node:path';
import { Client } from 'pg';
import { installedNativeDir, usableBinaries } from './binaries.js';
import { createCluster, placeDataDirectory, readPassword, SUPERUSER } from './data-directory.js';
import { endLeftoverServer } from './leftover-server.js';
import { launch, logOf, shutDown } from './server-process.js';
import { findServerUser } from './server-user.js';

const DATABASE = 'turnout';
const OWNER_PATIENCE_MS = 10_000;

export interface EmbeddedPostgresOptions {
  /** Made with all folders above if missing. Its parent also takes the server's log, and a copy of the programs at need. */
  dataDir: string;
  /** On 127.0.0.1; another one is taken if somebody listens there. 0 for any. */
  port: number;
  /** Told what is going on, in sentences for a person. */
  onProgress?: (line: string) => void;
  /** PostgreSQL settings that override ours, as `{ fsync: 'off' }` for a test. */
  extraSettings?: Record<string, string>;
  /** The folder `native` of the npm package with PostgreSQL's programs. */
  nativeDir?: string;
  /** Where, as root, data go if PostgreSQL's user may not enter the folder of `dataDir`. */
  systemDir?: string;
  /** How long to wait for another living process to let go of the data, in milliseconds. */
  ownerPatienceMs?: number;
}

export interface EmbeddedPostgres {
  /** Of the database `turnout`, as superuser. */
  url: string;
  port: number;
  /** Ends connections and server, everything committed on disk. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server of our own on a data directory, made at the first start (UTF8, C locale, random password).
 * It answers on 127.0.0.1 alone and outlives this process: if that is killed, the next start on the same data ends the
 * server and starts it anew, so two never run on the same data. Throws sentences that say what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL does not run on Windows. Use WSL, or set DATABASE_URL to a server.');
  }
  const { extraSettings = {}, onProgress: report = () => undefined } = options;
  const user = await findServerUser(options.dataDir);
  const dataDir = await placeDataDirectory(options.dataDir, options.systemDir ?? '/var/lib/turnout', user, report);
  const programs = await usableBinaries(options.nativeDir ?? installedNativeDir(), dirname(dataDir), user);
  let password = await readPassword(dataDir);
  if (password === undefined) {
    report(`Making a PostgreSQL data directory in ${dataDir}`);
    password = await createCluster(dataDir, { ...programs, user, isDurable: extraSettings.fsync !== 'off' });
  }
  await endLeftoverServer(dataDir, options.ownerPatienceMs ?? OWNER_PATIENCE_MS, report);

  const server = await launch({
    dataDir,
    postgres: programs.postgres,
    user,
    extraSettings,
    port: options.port,
    report,
  });
  const urlOf = (database: string) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/${database}`;
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= shutDown(server));
  try {
    await createDatabase(urlOf('postgres'));
  } catch (error) {
    await stop();
    throw error;
  }
  void server.ended.then((how) => {
    if (!stopping) report(`The PostgreSQL server has ended unexpectedly (${how}); its log is ${logOf(dataDir)}`);
  });
  return { url: urlOf(DATABASE), port: server.port, stop };
}

async function createDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
