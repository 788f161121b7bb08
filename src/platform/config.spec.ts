import { ConfigError, parseConfig, startNotices } from './config.js';

function problemsOf(env: Record<string, string>): { variable: string; problem: string; expected: string }[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  return [];
}

const DAY = 86_400_000;
const LINK_KEY = Buffer.alloc(32, 7).toString('base64');

describe('the configuration', () => {
  it('needs no variable at all', () => {
    const config = parseConfig({});
    expect(config).toEqual({
      roles: ['api', 'worker'],
      http: {
        host: '127.0.0.1',
        port: 3000,
        healthPort: 3001,
        webhookBodyLimitBytes: 2_097_152,
        apiBodyLimitBytes: 262_144,
        metricsTokens: [],
        requestsPerSecond: { ingest: 20_000, manage: 200, decide: 5000 },
      },
      database: { url: undefined, poolSize: 10, dataDirectory: '.turnout', embeddedPort: 54_329 },
      queues: { redisUrl: undefined },
      sources: { webhookSecrets: { customerio: [], shopify: [] }, silenceLimitMs: 86_400_000, queueBytes: 33_554_432 },
      identity: {
        mergingKinds: [
          'customer_id',
          'cio_id',
          'shopify_customer_id',
          'email',
          'phone',
          'anonymous_id',
          'shopify_order_id',
        ],
        singleKinds: ['customer_id', 'cio_id', 'shopify_customer_id'],
        mostIds: 250,
      },
      secretsKeys: [],
      links: { keys: [], lifeMs: 400 * DAY, requestsPerSecond: 100, addressHeader: undefined },
      outboundTrustedHosts: [],
      erasureKey: undefined,
      customerio: {
        credentials: undefined,
        region: 'us',
        trackUrl: undefined,
        appApiKey: undefined,
        appUrl: undefined,
        decisionsAs: 'event',
        reportClicks: false,
        requestsPerSecond: 100,
        appRequestsPerSecond: 10,
      },
      retentionMs: 400 * 86_400_000,
      decisionDeadlineMs: 2000,
      decisionsKeptMs: 400 * 86_400_000,
      signatureLifeMs: 168 * 3_600_000,
      deadLetterMs: 90 * 86_400_000,
      worker: {
        sweepIntervalMs: 100,
        evaluateConcurrency: 2,
        settleDelayMs: 900_000,
        reconcileIntervalMs: 86_400_000,
        linkQaIntervalMs: 86_400_000,
        linkQaBrowser: undefined,
        evaluateBatchSize: 500,
        deliveryConcurrency: 2,
        deliveryLeaseMs: 45_000,
        deliveryTimeoutMs: 10_000,
        deliveryMaxAttempts: 100,
      },
      tracing: undefined,
      shutdownDelayMs: 5_000,
      shutdownTimeoutMs: 20_000,
      log: { level: 'info' },
    });
  });

  it('takes every value from its variable', () => {
    const config = parseConfig({
      TURNOUT_ROLES: 'worker',
      HOST: '0.0.0.0',
      PORT: '80',
      HEALTH_PORT: '81',
      DATABASE_URL: 'postgres://u:p@db/turnout',
      DATABASE_POOL_SIZE: '20',
      TURNOUT_DATA_DIR: '/data',
      EMBEDDED_POSTGRES_PORT: '5433',
      REDIS_URL: 'rediss://:p@redis:6380',
      CUSTOMERIO_SIGNING_KEYS: 'new, old',
      SHOPIFY_WEBHOOK_SECRETS: 'shh',
      CUSTOMERIO_SITE_ID: 'site',
      CUSTOMERIO_API_KEY: 'key',
      CUSTOMERIO_REGION: 'eu',
      CUSTOMERIO_TRACK_URL: 'http://127.0.0.1:9/',
      CUSTOMERIO_APP_API_KEY: 'app',
      CUSTOMERIO_APP_URL: 'http://127.0.0.1:8/',
      WEBHOOK_BODY_LIMIT_BYTES: '4096',
      API_BODY_LIMIT_BYTES: '2048',
      METRICS_TOKENS: 'scraper',
      MANAGE_REQUESTS_PER_SECOND: '1',
      DECIDE_REQUESTS_PER_SECOND: '2',
      INGEST_REQUESTS_PER_SECOND: '0',
      SOURCE_SILENCE_LIMIT_HOURS: '48',
      IDENTITY_MERGING_KINDS: 'cio_id, customer_id,email',
      IDENTITY_SINGLE_KINDS: 'customer_id',
      IDENTITY_MOST_IDS: '20',
      SECRETS_KEYS: `${'A'.repeat(43)}=,${'B'.repeat(43)}=`,
      OUTBOUND_TRUSTED_HOSTS: 'crm.internal, 10.0.0.7:8080',
      ERASURE_KEY: 'forgotten',
      INGEST_QUEUE_BYTES: '65536',
      DEAD_LETTER_DAYS: '7',
      DECISION_DAYS: '60',
      CUSTOMERIO_SIGNATURE_HOURS: '2',
      RETENTION_DAYS: '30',
      DECISION_DEADLINE_MS: '900',
      SWEEP_INTERVAL_MS: '1000',
      EVALUATE_BATCH_SIZE: '50',
      EVALUATE_CONCURRENCY: '1',
      SETTLE_DELAY_MS: '60000',
      RECONCILE_INTERVAL_HOURS: '2',
      LINK_QA_INTERVAL_HOURS: '3',
      DELIVERY_CONCURRENCY: '3',
      DELIVERY_TIMEOUT_MS: '1000',
      DELIVERY_LEASE_MS: '3001',
      DELIVERY_MAX_ATTEMPTS: '5',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_SERVICE_NAME: 'api',
      SHUTDOWN_DELAY_MS: '0',
      SHUTDOWN_TIMEOUT_MS: '0',
      LINK_KEYS: LINK_KEY,
      LINK_DAYS: '30',
      LINK_REQUESTS_PER_SECOND: '0',
      CLIENT_ADDRESS_HEADER: 'X-Forwarded-For',
      LOG_LEVEL: 'debug',
    });
    expect(config).toEqual({
      roles: ['worker'],
      http: {
        host: '0.0.0.0',
        port: 80,
        healthPort: 81,
        webhookBodyLimitBytes: 4096,
        apiBodyLimitBytes: 2048,
        metricsTokens: ['scraper'],
        requestsPerSecond: { ingest: 0, manage: 1, decide: 2 },
      },
      database: { url: 'postgres://u:p@db/turnout', poolSize: 20, dataDirectory: '/data', embeddedPort: 5433 },
      queues: { redisUrl: 'rediss://:p@redis:6380' },
      sources: {
        webhookSecrets: { customerio: ['new', 'old'], shopify: ['shh'] },
        silenceLimitMs: 172_800_000,
        queueBytes: 65_536,
      },
      identity: { mergingKinds: ['cio_id', 'customer_id', 'email'], singleKinds: ['customer_id'], mostIds: 20 },
      secretsKeys: [`${'A'.repeat(43)}=`, `${'B'.repeat(43)}=`],
      links: {
        keys: [LINK_KEY],
        lifeMs: 30 * DAY,
        requestsPerSecond: 0,
        addressHeader: 'x-forwarded-for',
      },
      outboundTrustedHosts: ['crm.internal', '10.0.0.7:8080'],
      erasureKey: 'forgotten',
      customerio: {
        credentials: { siteId: 'site', apiKey: 'key' },
        region: 'eu',
        trackUrl: 'http://127.0.0.1:9/',
        appApiKey: 'app',
        appUrl: 'http://127.0.0.1:8/',
        decisionsAs: 'event',
        reportClicks: false,
        requestsPerSecond: 100,
        appRequestsPerSecond: 10,
      },
      retentionMs: 30 * 86_400_000,
      decisionDeadlineMs: 900,
      decisionsKeptMs: 60 * 86_400_000,
      signatureLifeMs: 2 * 3_600_000,
      deadLetterMs: 7 * 86_400_000,
      worker: {
        sweepIntervalMs: 1000,
        evaluateConcurrency: 1,
        settleDelayMs: 60_000,
        reconcileIntervalMs: 7_200_000,
        linkQaIntervalMs: 10_800_000,
        linkQaBrowser: undefined,
        evaluateBatchSize: 50,
        deliveryConcurrency: 3,
        deliveryLeaseMs: 3001,
        deliveryTimeoutMs: 1000,
        deliveryMaxAttempts: 5,
      },
      tracing: { endpoint: 'http://collector:4318', serviceName: 'api' },
      shutdownDelayMs: 0,
      shutdownTimeoutMs: 0,
      log: { level: 'debug' },
    });
  });

  it('is frozen to the bottom', () => {
    const config = parseConfig({ CUSTOMERIO_SIGNING_KEYS: 'a' });
    expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
    expect(() => (config.sources.webhookSecrets.customerio as string[]).push('b')).toThrow(TypeError);
  });

  it('counts an empty variable as one that is not set', () => {
    expect(parseConfig({ REDIS_URL: '', PORT: ' ', CUSTOMERIO_SIGNING_KEYS: '' })).toEqual(parseConfig({}));
  });

  it('lists every problem at once, each with what would be right', () => {
    const problems = problemsOf({
      PORT: 'http',
      LOG_LEVEL: 'loud',
      SWEEP_INTERVAL_MS: '1001',
      TURNOUT_ROLES: 'api,web',
    });
    expect(problems).toEqual([
      { variable: 'TURNOUT_ROLES', problem: 'is "api,web"', expected: expect.stringContaining('api, worker') },
      { variable: 'PORT', problem: 'is "http"', expected: 'a whole number from 0 to 65535' },
      { variable: 'SWEEP_INTERVAL_MS', problem: 'is "1001"', expected: 'a whole number from 10 to 1000' },
      { variable: 'LOG_LEVEL', problem: 'is "loud"', expected: expect.stringContaining('debug') },
    ]);
    expect(() => parseConfig({ PORT: 'http', LOG_LEVEL: 'loud' })).toThrow(/PORT is "http".*\n.*LOG_LEVEL is "loud"/);
  });

  it.each(['65536', '-1', '1.5', '1e3', '0x10', ''.padEnd(400, '9')])('refuses %s as a port', (port) => {
    expect(problemsOf({ PORT: port })).toMatchObject([{ variable: 'PORT' }]);
  });

  it.each(['a,b,c,d,e', 'a,', ',a', ','])('refuses %s as signing keys', (keys) => {
    expect(problemsOf({ CUSTOMERIO_SIGNING_KEYS: keys })).toMatchObject([{ variable: 'CUSTOMERIO_SIGNING_KEYS' }]);
  });

  it("takes four signing keys of Customer.io, and two of Shopify's secrets", () => {
    expect(problemsOf({ CUSTOMERIO_SIGNING_KEYS: 'a,b,c,d', SHOPIFY_WEBHOOK_SECRETS: 'a,b' })).toEqual([]);
    expect(problemsOf({ SHOPIFY_WEBHOOK_SECRETS: 'a,b,c' })).toMatchObject([{ variable: 'SHOPIFY_WEBHOOK_SECRETS' }]);
  });

  it('never shows a secret, not even one that is wrong', () => {
    const env = {
      DATABASE_URL: 'mysql://hidden-1@db',
      REDIS_URL: 'hidden-2',
      CUSTOMERIO_TRACK_URL: 'ftp://hidden-3',
      CUSTOMERIO_SIGNING_KEYS: 'hidden-4,,hidden-6',
      SHOPIFY_WEBHOOK_SECRETS: 'hidden-7,',
      CUSTOMERIO_SITE_ID: 'hidden 8',
      CUSTOMERIO_API_KEY: 'hidden 9',
    };
    const problems = problemsOf(env);
    expect(problems.map((problem) => problem.variable).sort()).toEqual(Object.keys(env).sort());
    expect(new ConfigError(problems).message).not.toContain('hidden');
  });

  it.each([
    [{ CUSTOMERIO_SITE_ID: 'site' }, 'CUSTOMERIO_API_KEY'],
    [{ CUSTOMERIO_API_KEY: 'key' }, 'CUSTOMERIO_SITE_ID'],
  ])('wants the site id and the API key of Customer.io together: %j', (env, missing) => {
    expect(problemsOf(env)).toMatchObject([{ variable: missing, problem: 'is not set' }]);
  });

  it('wants a lease longer than three timeouts of a delivery', () => {
    expect(problemsOf({ DELIVERY_LEASE_MS: '30000' })).toMatchObject([{ variable: 'DELIVERY_LEASE_MS' }]);
    expect(problemsOf({ DELIVERY_TIMEOUT_MS: '15000' })).toMatchObject([{ variable: 'DELIVERY_LEASE_MS' }]);
    expect(problemsOf({ DELIVERY_LEASE_MS: '30001' })).toEqual([]);
  });

  it('tells the operator what is left out', () => {
    expect(startNotices(parseConfig({}))).toEqual([
      expect.stringContaining('embedded PostgreSQL in .turnout'),
      expect.stringContaining('nothing is pushed'),
      expect.stringContaining('webhooks of Customer.io are refused'),
      expect.stringContaining('webhooks of Shopify are refused'),
    ]);
    const complete = {
      DATABASE_URL: 'postgres://db/turnout',
      CUSTOMERIO_SITE_ID: 'site',
      CUSTOMERIO_API_KEY: 'key',
      CUSTOMERIO_SIGNING_KEYS: 'a',
      SHOPIFY_WEBHOOK_SECRETS: 'b',
    };
    expect(startNotices(parseConfig(complete))).toEqual([]);
  });
});
