import {
  VARIABLES,
  type CustomerioRegion,
  type DecisionsAs,
  type IdentifierKind,
  type LogLevel,
  type Role,
  type Variable,
} from './config-variables.js';
import { misspelt } from './misspelt.js';
import type { WorkerSettings } from './worker-settings.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

type Name = keyof typeof VARIABLES;
type Values = { [N in Name]: (typeof VARIABLES)[N]['fallback'] };

/** The names of every environment variable that is read. */
export const CONFIG_VARIABLES: readonly string[] = Object.keys(VARIABLES);

/** The whole configuration, read once at the start and frozen. */
export interface Config {
  readonly roles: readonly Role[];
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Of a process that is only a worker. */
    readonly healthPort: number;
    readonly webhookBodyLimitBytes: number;
    readonly apiBodyLimitBytes: number;
    /** Shown the metrics, beside keys of scope manage. */
    readonly metricsTokens: readonly string[];
    /** Of one key, by what it is used for. */
    readonly requestsPerSecond: { readonly ingest: number; readonly manage: number; readonly decide: number };
  };
  readonly database: {
    /** Undefined: the embedded server, in `dataDirectory`, on `embeddedPort`. */
    readonly url: string | undefined;
    readonly poolSize: number;
    readonly dataDirectory: string;
    readonly embeddedPort: number;
  };
  /** Without a URL of Redis, the queues live in the database. */
  readonly queues: { readonly redisUrl: string | undefined };
  readonly sources: {
    /** By source; none: its webhooks are refused. */
    readonly webhookSecrets: { readonly customerio: readonly string[]; readonly shopify: readonly string[] };
    /** Of a source whose rhythm is not known yet. */
    readonly silenceLimitMs: number;
    readonly queueBytes: number;
  };
  /** When identifiers that are seen together make two profiles one. */
  readonly identity: {
    readonly mergingKinds: readonly IdentifierKind[];
    readonly singleKinds: readonly IdentifierKind[];
    readonly mostIds: number;
  };
  /** Newest first; none: no secret can be kept. */
  readonly secretsKeys: readonly string[];
  readonly links: {
    /** In base64, newest first; none: the installation's own. */
    readonly keys: readonly string[];
    readonly lifeMs: number;
    /** Of one address; 0: any number. */
    readonly requestsPerSecond: number;
    /** Undefined: no proxy names the address that asks. */
    readonly addressHeader: string | undefined;
  };
  /** Hosts that may be private, and spoken to in plain http. */
  readonly outboundTrustedHosts: readonly string[];
  /** Undefined: the one that the installation made for itself. */
  readonly erasureKey: string | undefined;
  readonly customerio: {
    /** Undefined: nothing is pushed. */
    readonly credentials: { readonly siteId: string; readonly apiKey: string } | undefined;
    readonly region: CustomerioRegion;
    /** Instead of the region's own address. */
    readonly trackUrl: string | undefined;
    /** Undefined: what it holds is not read back. */
    readonly appApiKey: string | undefined;
    readonly appUrl: string | undefined;
    readonly decisionsAs: DecisionsAs;
    readonly reportClicks: boolean;
    readonly requestsPerSecond: number;
    readonly appRequestsPerSecond: number;
  };
  readonly retentionMs: number;
  readonly decisionDeadlineMs: number;
  readonly decisionsKeptMs: number;
  /** Of a request for a decision. */
  readonly signatureLifeMs: number;
  /** Of what could not be used. */
  readonly deadLetterMs: number;
  readonly worker: Readonly<WorkerSettings>;
  /** Undefined: nothing is traced. */
  readonly tracing: { readonly endpoint: string; readonly serviceName: string } | undefined;
  /** Of an API, before it begins to stop. */
  readonly shutdownDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly log: { readonly level: LogLevel };
}

export interface ConfigProblem {
  variable: string;
  problem: string;
  expected: string;
}

/** What is wrong with the environment: everything at once, and no secret in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem, expected }) => `  ${variable} ${problem}; expected ${expected}`);
    super(['The configuration is not right:', ...lines].join('\n'));
  }
}

/** The configuration from this process's environment. Throws {@link ConfigError}. */
export function loadConfig(): Config {
  return parseConfig(process.env);
}

/**
 * Reads an environment; a variable that is empty counts as not set, since that is how compose files leave one out.
 * Throws a {@link ConfigError} that lists every problem.
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const problems: ConfigProblem[] = [];
  const entries = Object.entries<Variable<unknown>>(VARIABLES).map(([name, variable]) => {
    const given = env[name]?.trim() ?? '';
    const value = given === '' ? variable.fallback : variable.read(given);
    if (given === '' || value !== undefined) return [name, value];
    const shown = variable.isSecret ? 'has a value that is not usable' : `is ${JSON.stringify(given.slice(0, 40))}`;
    problems.push({ variable: name, problem: shown, expected: variable.expected });
    return [name, variable.fallback];
  });
  const values = Object.fromEntries(entries) as Values;
  problems.push(...contradictions(values, new Set(problems.map((problem) => problem.variable))));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(grouped(values));
}

/** What an operator should know of a configuration that is right: what is left out, and what this means. */
export function startNotices(config: Config): readonly string[] {
  const notices: string[] = [];
  if (!config.database.url) {
    notices.push(`DATABASE_URL is not set: using the embedded PostgreSQL in ${config.database.dataDirectory}`);
  }
  if (!config.customerio.credentials) {
    notices.push('CUSTOMERIO_SITE_ID and CUSTOMERIO_API_KEY are not set: nothing is pushed to Customer.io');
  }
  if (config.sources.webhookSecrets.customerio.length === 0) {
    notices.push('CUSTOMERIO_SIGNING_KEYS is not set: webhooks of Customer.io are refused');
  }
  if (config.sources.webhookSecrets.shopify.length === 0) {
    notices.push('SHOPIFY_WEBHOOK_SECRETS is not set: webhooks of Shopify are refused');
  }
  return notices;
}

/** Names in this process's environment that are nearly those of variables: what they were to say is not heard. */
export function misspeltNotices(): readonly string[] {
  return misspelt(Object.keys(process.env), CONFIG_VARIABLES).map(
    ({ name, meant }) => `${name} is set, but no variable of Turnout; is ${meant} meant?`,
  );
}

/** The table of variables in Markdown, as the README shows it. */
export function configTable(): string {
  const rows = Object.entries<Variable<unknown>>(VARIABLES).map(
    ([name, { shownFallback, expected, description }]) =>
      `| \`${name}\` | ${shownFallback} | ${description} | ${expected} |`,
  );
  return ['| Variable | Default | What it is | Accepted |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Variables that are right one by one, but not together. What is wrong already is not judged again. */
function contradictions(values: Values, isWrong: ReadonlySet<string>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { CUSTOMERIO_SITE_ID: siteId, CUSTOMERIO_API_KEY: apiKey } = values;
  if (!isWrong.has('CUSTOMERIO_SITE_ID') && !isWrong.has('CUSTOMERIO_API_KEY') && !siteId !== !apiKey) {
    const [missing, given] = siteId
      ? ['CUSTOMERIO_API_KEY', 'CUSTOMERIO_SITE_ID']
      : ['CUSTOMERIO_SITE_ID', 'CUSTOMERIO_API_KEY'];
    problems.push({ variable: missing, problem: 'is not set', expected: `both or neither, and ${given} is set` });
  }
  const { DELIVERY_LEASE_MS: lease, DELIVERY_TIMEOUT_MS: timeout } = values;
  if (!isWrong.has('DELIVERY_LEASE_MS') && !isWrong.has('DELIVERY_TIMEOUT_MS') && lease <= 3 * timeout) {
    problems.push({
      variable: 'DELIVERY_LEASE_MS',
      problem: `is ${lease}`,
      expected: `more than ${3 * timeout}, three times DELIVERY_TIMEOUT_MS`,
    });
  }
  return problems;
}

function grouped(values: Values): Config {
  const { CUSTOMERIO_SITE_ID: siteId, CUSTOMERIO_API_KEY: apiKey } = values;
  return {
    roles: values.TURNOUT_ROLES,
    http: {
      host: values.HOST,
      port: values.PORT,
      healthPort: values.HEALTH_PORT,
      webhookBodyLimitBytes: values.WEBHOOK_BODY_LIMIT_BYTES,
      apiBodyLimitBytes: values.API_BODY_LIMIT_BYTES,
      metricsTokens: values.METRICS_TOKENS,
      requestsPerSecond: {
        ingest: values.INGEST_REQUESTS_PER_SECOND,
        manage: values.MANAGE_REQUESTS_PER_SECOND,
        decide: values.DECIDE_REQUESTS_PER_SECOND,
      },
    },
    database: {
      url: values.DATABASE_URL,
      poolSize: values.DATABASE_POOL_SIZE,
      dataDirectory: values.TURNOUT_DATA_DIR,
      embeddedPort: values.EMBEDDED_POSTGRES_PORT,
    },
    queues: { redisUrl: values.REDIS_URL },
    sources: {
      webhookSecrets: { customerio: values.CUSTOMERIO_SIGNING_KEYS, shopify: values.SHOPIFY_WEBHOOK_SECRETS },
      silenceLimitMs: values.SOURCE_SILENCE_LIMIT_HOURS * HOUR_MS,
      queueBytes: values.INGEST_QUEUE_BYTES,
    },
    identity: {
      mergingKinds: values.IDENTITY_MERGING_KINDS,
      singleKinds: values.IDENTITY_SINGLE_KINDS,
      mostIds: values.IDENTITY_MOST_IDS,
    },
    secretsKeys: values.SECRETS_KEYS,
    links: {
      keys: values.LINK_KEYS,
      lifeMs: values.LINK_DAYS * DAY_MS,
      requestsPerSecond: values.LINK_REQUESTS_PER_SECOND,
      addressHeader: values.CLIENT_ADDRESS_HEADER,
    },
    outboundTrustedHosts: values.OUTBOUND_TRUSTED_HOSTS,
    erasureKey: values.ERASURE_KEY,
    customerio: {
      credentials: siteId && apiKey ? { siteId, apiKey } : undefined,
      region: values.CUSTOMERIO_REGION,
      trackUrl: values.CUSTOMERIO_TRACK_URL,
      appApiKey: values.CUSTOMERIO_APP_API_KEY,
      appUrl: values.CUSTOMERIO_APP_URL,
      decisionsAs: values.CUSTOMERIO_DECISIONS,
      reportClicks: values.CUSTOMERIO_CLICKS === 'report',
      requestsPerSecond: values.CUSTOMERIO_REQUESTS_PER_SECOND,
      appRequestsPerSecond: values.CUSTOMERIO_APP_REQUESTS_PER_SECOND,
    },
    retentionMs: values.RETENTION_DAYS * DAY_MS,
    decisionDeadlineMs: values.DECISION_DEADLINE_MS,
    decisionsKeptMs: values.DECISION_DAYS * DAY_MS,
    signatureLifeMs: values.CUSTOMERIO_SIGNATURE_HOURS * HOUR_MS,
    deadLetterMs: values.DEAD_LETTER_DAYS * DAY_MS,
    worker: {
      sweepIntervalMs: values.SWEEP_INTERVAL_MS,
      evaluateConcurrency: values.EVALUATE_CONCURRENCY,
      evaluateBatchSize: values.EVALUATE_BATCH_SIZE,
      settleDelayMs: values.SETTLE_DELAY_MS,
      reconcileIntervalMs: values.RECONCILE_INTERVAL_HOURS * HOUR_MS,
      linkQaIntervalMs: values.LINK_QA_INTERVAL_HOURS * HOUR_MS,
      linkQaBrowser: values.LINK_QA_BROWSER,
      deliveryConcurrency: values.DELIVERY_CONCURRENCY,
      deliveryLeaseMs: values.DELIVERY_LEASE_MS,
      deliveryTimeoutMs: values.DELIVERY_TIMEOUT_MS,
      deliveryMaxAttempts: values.DELIVERY_MAX_ATTEMPTS,
    },
    tracing: values.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT, serviceName: values.OTEL_SERVICE_NAME }
      : undefined,
    shutdownDelayMs: values.SHUTDOWN_DELAY_MS,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    log: { level: values.LOG_LEVEL },
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
