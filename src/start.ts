import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from './create-app.js';
import { ensureFirstKey } from './platform/auth/first-key.js';
import { ConfigError, loadConfig, misspeltNotices, startNotices, type Config } from './platform/config.js';
import { migrateDatabase } from './platform/database.js';
import { startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
import { Readiness } from './platform/health/readiness.js';
import { createLogger, NestLogger } from './platform/logger.js';
import { Metrics } from './platform/metrics/metrics.js';
import { mountOpenApi } from './platform/openapi.js';
import { startTracing } from './platform/tracing/start-tracing.js';
import { databaseProblem, listenProblem } from './start-problem.js';
import { mountQueueBoard } from './platform/queue-board.js';

/** Starts the service as the environment configures it, and stops it on SIGTERM or SIGINT. */
export async function start(overrides: Partial<Config> = {}): Promise<void> {
  const config = { ...loadConfig(), ...overrides };
  const logger = createLogger(config.log);
  for (const notice of startNotices(config)) logger.info(notice);
  for (const notice of misspeltNotices()) logger.warn(notice);
  const database = await openDatabase(config, (line) => logger.info(line));
  const endTracing = config.tracing && (await startTracing(config.tracing));
  let app: NestFastifyApplication | undefined;
  try {
    await migrateDatabase(database.url).catch((error: unknown) => {
      throw config.database.url ? databaseProblem(error) : error;
    });
    app = await createApp(config, database.url, new NestLogger(logger));
    app.get(Metrics).watchProcess();
    const isApi = config.roles.includes('api');
    if (isApi) {
      mountOpenApi(app);
      await mountQueueBoard(app);
      await ensureFirstKey(app.get(DataSource));
    }
    await app.listen(isApi ? config.http.port : config.http.healthPort, config.http.host).catch((error: unknown) => {
      throw listenProblem(error, isApi ? 'PORT' : 'HEALTH_PORT');
    });
  } catch (error) {
    await app?.close();
    await database.stop();
    throw error;
  }
  const readiness = app.get(Readiness);
  stopOnSignal(config, readiness, async () => {
    await app.close();
    await endTracing?.();
    await database.stop();
    logger.info({ msg: 'stopped' });
  });
  // Last: whoever waits for it may tell us to end at once.
  logger.info({ msg: 'ready', url: await app.getUrl(), roles: config.roles });
}

/** Runs `start` as a process's main task: what fails is said once, in words, and ends the process. */
export function startProcess(overrides: Partial<Config> = {}): void {
  start(overrides).catch((error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1_000).unref();
  });
}

async function openDatabase(
  config: Config,
  report: (line: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const { url, dataDirectory, embeddedPort } = config.database;
  if (url) return { url, stop: () => Promise.resolve() };
  if (!config.roles.includes('api')) {
    throw new ConfigError([
      {
        variable: 'DATABASE_URL',
        problem: 'is not set in a process that is only a worker',
        expected: 'the database that the API uses; the embedded one belongs to the process that starts it',
      },
    ]);
  }
  return startEmbeddedPostgres({ dataDir: `${dataDirectory}/postgres`, port: embeddedPort, onProgress: report });
}

/**
 * What is under way is finished or handed back; whoever is impatient signals a second time. An API that an orchestrator ends is
 * first not ready for a while: a connection that is refused keeps some senders away for an hour.
 */
function stopOnSignal(config: Config, readiness: Readiness, stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    readiness.beginShutdown();
    const delayMs = signal === 'SIGTERM' && config.roles.includes('api') ? config.shutdownDelayMs : 0;
    setTimeout(() => process.exit(1), delayMs + config.shutdownTimeoutMs).unref();
    void delay(delayMs)
      .then(stop)
      .then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
