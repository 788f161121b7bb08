import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/create-app.js';
import { DecisionLog } from '../../src/decisions/decision-log.js';
import { SCOPES } from '../../src/platform/auth/access.js';
import { ApiKeyStore } from '../../src/platform/auth/api-key-store.js';
import { parseConfig } from '../../src/platform/config.js';
import { createLogger, NestLogger } from '../../src/platform/logger.js';
import { describeApi } from '../../src/platform/openapi.js';
import type { CustomerioServer } from './customerio-server/customerio-server.js';
import type { TestDatabase } from './database.js';
import { DescribedAnswers } from './described-answers.js';
import type { SentWebhook } from './webhooks.js';

export const SIGNING_KEY = 'customerio-signing-key';
export const SHOPIFY_SECRET = 'shopify-secret';

/** What a test reads out of JSON. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type JsonObject = Record<string, any>;

export interface Answer {
  status: number;
  type: string;
  body: JsonObject;
}

/** The environment of a Turnout that uses a test database and, if given, a stand-in for Customer.io. */
export function turnoutEnv(database: Pick<TestDatabase, 'url'>, customerio?: CustomerioServer): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    ...(process.env.REDIS_URL && { REDIS_URL: process.env.REDIS_URL }),
    CUSTOMERIO_SIGNING_KEYS: SIGNING_KEY,
    SHOPIFY_WEBHOOK_SECRETS: SHOPIFY_SECRET,
    ...(customerio && {
      CUSTOMERIO_SITE_ID: customerio.siteId,
      CUSTOMERIO_API_KEY: customerio.apiKey,
      CUSTOMERIO_TRACK_URL: customerio.url,
      CUSTOMERIO_APP_API_KEY: customerio.appKey,
      CUSTOMERIO_APP_URL: customerio.url,
      // The clock stands still: no room for a request would ever come.
      CUSTOMERIO_REQUESTS_PER_SECOND: '100000',
      CUSTOMERIO_APP_REQUESTS_PER_SECOND: '100000',
    }),
    PORT: '0',
    // Tests ask faster than people.
    MANAGE_REQUESTS_PER_SECOND: '0',
    SWEEP_INTERVAL_MS: '50',
    DECISION_DEADLINE_MS: '30000',
    SETTLE_DELAY_MS: '0',
    RECONCILE_INTERVAL_HOURS: '0',
    LINK_QA_INTERVAL_HOURS: '0',
    DATABASE_POOL_SIZE: '6',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
  };
}

/** Speaks HTTP to a running Turnout. */
export class TurnoutClient {
  constructor(
    readonly url: string,
    private readonly key: string,
    /** Given, every answer has to be what the API's description says. */
    private readonly described?: DescribedAnswers,
  ) {}

  /** For requests whose answers are no JSON. */
  get authorization(): string {
    return `Bearer ${this.key}`;
  }

  async send({ path, headers, body }: SentWebhook): Promise<Answer> {
    return answerOf(await fetch(this.url + path, { method: 'POST', headers, body: new Uint8Array(body) }));
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { authorization: this.authorization, ...more };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = await answerOf(await fetch(this.url + path, request));
    const wrong = this.described?.wrongWith(method, path, answer.status, answer.body) ?? [];
    if (wrong.length === 0) return answer;
    throw new Error(`${method} ${path} is not described as it answers: ${wrong.join('; ')}\n${JSON.stringify(answer)}`);
  }

  /** As `call`, but anything other than success fails the test, with the answer in the message. */
  async must(method: string, path: string, body?: unknown): Promise<JsonObject> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
  };
}

/** Of every Turnout of this file: they have the same routes. */
let described: DescribedAnswers | undefined;

/** A Turnout in this process: API and worker, over HTTP on a free port. */
export class TestTurnout extends TurnoutClient {
  private constructor(
    url: string,
    key: string,
    readonly app: NestFastifyApplication,
    private readonly database: TestDatabase,
  ) {
    super(url, key, (described ??= new DescribedAnswers(describeApi(app))));
  }

  static async start(
    database: TestDatabase,
    customerio?: CustomerioServer,
    env: Record<string, string> = {},
  ): Promise<TestTurnout> {
    const config = parseConfig({ ...turnoutEnv(database, customerio), ...env });
    const app = await createApp(config, database.url, new NestLogger(createLogger(config.log)));
    const manager = app.get(DataSource).manager;
    const { key } = await app.get(ApiKeyStore).create(manager, { name: 'test', scopes: SCOPES });
    await app.listen(0, '127.0.0.1');
    return new TestTurnout(await app.getUrl(), key, app, database);
  }

  async settle(): Promise<void> {
    await this.app.get(DecisionLog).flush();
    await settle(this.database);
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}

const PATIENCE_MS = 30_000;

/**
 * Waits until nothing is due any more as of the test's clock: no evaluation, no backfill, no shadow, nothing to send to a
 * destination that takes anything.
 */
export async function settle(database: Pick<TestDatabase, 'pool'>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let left: Record<string, string> = {};
  while (performance.now() < deadline) {
    left = await whatIsLeft(database);
    if (Object.values(left).every((count) => count === '0')) return;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  throw new Error(`Turnout did not settle within ${patienceMs} ms; left: ${JSON.stringify(left)}`);
}

/** How much of each kind of work is due as of the test's clock. */
export async function whatIsLeft({ pool }: Pick<TestDatabase, 'pool'>): Promise<Record<string, string>> {
  const { rows } = await pool.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM profiles WHERE evaluate_at <= turnout_now()) AS due,
            (SELECT count(*) FROM backfills) AS backfills,
            (SELECT count(*) FROM link_click_journal) AS clicks,
            (SELECT count(*) FROM reclassifications WHERE finished_at IS NULL) AS reclassifications,
            (SELECT count(*) FROM link_runs WHERE state IN ('waiting', 'running')) AS link_runs,
            (SELECT count(*) FROM segment_shadows WHERE state = 'running') AS shadows,
            -- What waited for these is being made due.
            (SELECT count(*) FROM provisioned_segments WHERE claim IS NOT NULL AND state = 'ready') AS provisioned,
            (SELECT count(*) FROM decisions WHERE due_at <= turnout_now() OR review_at <= turnout_now()) AS open,
            (SELECT count(*) FROM outbox WHERE claim IS NOT NULL OR due_at <= turnout_now() AND NOT EXISTS
              (SELECT FROM destination_gates AS gate WHERE gate.destination = outbox.destination
                  AND greatest(busy_until, open_until) > turnout_now())) AS owed`,
  );
  return rows[0]!;
}
