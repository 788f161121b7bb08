import {
  choice,
  choices,
  integer,
  optionalPath,
  optionalSecret,
  parts,
  secrets,
  secretUrl,
  text,
  variable,
  type Declaration,
  type Variable,
} from './variable-kinds.js';
import { isSecretsKey } from './secret-box.js';

export type { Variable } from './variable-kinds.js';

const ROLES = ['api', 'worker'] as const;
const IDENTIFIER_KINDS = [
  'customer_id',
  'cio_id',
  'shopify_customer_id',
  'email',
  'phone',
  'anonymous_id',
  'shopify_order_id',
] as const;
const SINGLE_KINDS = ['customer_id', 'cio_id', 'shopify_customer_id'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type Role = (typeof ROLES)[number];
/** How decisions are told to Customer.io. */
export type DecisionsAs = 'event' | 'attribute' | 'both';

export type CustomerioRegion = 'us' | 'eu';
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The one list of variables: parsing and the documentation are both derived from it. */
export const VARIABLES = {
  TURNOUT_ROLES: roles({ default: ROLES, description: 'What this process does: serve the API, work on what is due' }),
  HOST: text({ default: '127.0.0.1', description: 'Address that the API listens on; `0.0.0.0` in a container' }),
  PORT: integer({ default: 3000, min: 0, max: 65_535, description: 'Port of the API; 0 takes any free one' }),
  HEALTH_PORT: integer({
    ...{ default: 3001, min: 0, max: 65_535 },
    description: 'Port of `/healthz` and `/readyz` in a process that is only a worker',
  }),
  DATABASE_URL: secretUrl(['postgres', 'postgresql'], {
    absent: 'the embedded PostgreSQL',
    description: 'PostgreSQL 15 or newer',
  }),
  DATABASE_POOL_SIZE: integer({ default: 10, min: 2, max: 1000, description: 'Database connections a process' }),
  TURNOUT_DATA_DIR: text({ default: '.turnout', description: 'Folder of the embedded PostgreSQL' }),
  EMBEDDED_POSTGRES_PORT: integer({
    ...{ default: 54_329, min: 1, max: 65_535 },
    description: 'Port of the embedded PostgreSQL',
  }),
  REDIS_URL: secretUrl(['redis', 'rediss'], {
    absent: 'queues on PostgreSQL',
    description: 'Redis for the queues of larger installations',
  }),
  CUSTOMERIO_SIGNING_KEYS: secrets({
    absent: 'its webhooks are refused',
    description:
      'Signing keys of Customer.io reporting webhooks and of journeys; twice as many while others replace them',
    most: 4,
  }),
  CUSTOMERIO_SIGNATURE_HOURS: integer({
    ...{ default: 168, min: 1, max: 8760 },
    description:
      'How old a signature of a journey that asks for a decision may be, in hours; Customer.io retries for 7 days and may not sign again',
  }),
  SHOPIFY_WEBHOOK_SECRETS: secrets({
    absent: 'its webhooks are refused',
    description: 'Client secrets that Shopify signs webhooks with; two while one replaces the other',
  }),
  CUSTOMERIO_SITE_ID: optionalSecret({ absent: 'nothing is pushed', description: 'Site id of the Track API' }),
  CUSTOMERIO_API_KEY: optionalSecret({ absent: 'nothing is pushed', description: 'API key of the Track API' }),
  CUSTOMERIO_REGION: choice<CustomerioRegion>(['us', 'eu'], {
    default: 'us',
    description: 'Region of the Customer.io workspace',
  }),
  CUSTOMERIO_TRACK_URL: secretUrl(['http', 'https'], {
    absent: "the region's own",
    description: 'Another address for the Track API, such as a proxy',
  }),
  CUSTOMERIO_DECISIONS: choice<DecisionsAs>(['event', 'attribute', 'both'], {
    default: 'event',
    description:
      'How Customer.io is told of decisions: by the event `turnout_branch_decided`, or by an attribute `turnout_<journey>_<branch point>` that holds the branch',
  }),
  CUSTOMERIO_CLICKS: choice<'off' | 'report'>(['off', 'report'], {
    default: 'off',
    description:
      "Whether people's clicks on tracked links that were made for a delivery of Customer.io are reported to it as `clicked`",
  }),
  CUSTOMERIO_REQUESTS_PER_SECOND: integer({
    ...{ default: 100, min: 5, max: 100_000 },
    description: 'The most requests to the Track API in any second, by all processes together',
  }),
  CUSTOMERIO_APP_API_KEY: optionalSecret({
    absent: 'it is not read back',
    description: 'Key of the App API, by which is read what Customer.io holds',
  }),
  CUSTOMERIO_APP_URL: secretUrl(['http', 'https'], {
    absent: "the region's own",
    description: 'Another address for the App API, such as a proxy',
  }),
  CUSTOMERIO_APP_REQUESTS_PER_SECOND: integer({
    ...{ default: 10, min: 5, max: 100_000 },
    description: 'The most requests to the App API in any second, by all processes together',
  }),
  WEBHOOK_BODY_LIMIT_BYTES: integer({
    ...{ default: 2_097_152, min: 1024, max: 67_108_864 },
    description: 'Largest webhook taken, in bytes',
  }),
  API_BODY_LIMIT_BYTES: integer({
    ...{ default: 262_144, min: 1024, max: 67_108_864 },
    description: 'Largest body of any other request, in bytes',
  }),
  METRICS_TOKENS: secrets({
    absent: 'an API key of scope manage',
    description: 'Tokens that `/metrics` is also shown to, so that it can be scraped when the database is down',
  }),
  MANAGE_REQUESTS_PER_SECOND: requests(200, 'that declares and reads'),
  DECIDE_REQUESTS_PER_SECOND: requests(5000, 'that asks for decisions, or of a system that signs them'),
  INGEST_REQUESTS_PER_SECOND: requests(20_000, 'that sends events in'),
  INGEST_QUEUE_BYTES: integer({
    ...{ default: 33_554_432, min: 1024, max: 1_073_741_824 },
    description: 'How much of what comes in may wait to be stored, in bytes; more is turned away (429; webhooks 503)',
  }),
  RETENTION_DAYS: integer({
    ...{ default: 400, min: 1, max: 3650 },
    description: 'How long events count, in days; no window can be longer',
  }),
  DECISION_DAYS: integer({
    ...{ default: 400, min: 1, max: 3650 },
    description: 'How long decisions are kept, in days, with what pins them; open ones as long as events count',
  }),
  DEAD_LETTER_DAYS: integer({ default: 90, min: 1, max: 3650, description: 'How long dead letters are kept, in days' }),
  SOURCE_SILENCE_LIMIT_HOURS: integer({ default: 24, min: 1, max: 720, description: 'When new sources are late' }),
  IDENTITY_MERGING_KINDS: choices<IdentifierKind>(IDENTIFIER_KINDS, {
    default: IDENTIFIER_KINDS,
    shownFallback: 'all, in that order',
    description: 'Kinds of identifier that may make two profiles one, strongest evidence first',
  }),
  IDENTITY_SINGLE_KINDS: choices<IdentifierKind>(IDENTIFIER_KINDS, {
    default: SINGLE_KINDS,
    shownFallback: 'the first three',
    description: 'Kinds of which one person has one id; profiles with different ones are never merged',
  }),
  IDENTITY_MOST_IDS: integer({
    ...{ default: 250, min: 2, max: 10_000 },
    description: 'The most single and anonymous ids in one profile; something shared can tie no more together',
  }),
  ERASURE_KEY: optionalSecret({
    absent: 'made at the first start',
    description: 'Key of the hashes by which events of erased people are turned away; kept in the database unless set',
  }),
  SECRETS_KEYS: variable<readonly string[]>({
    default: [],
    shownFallback: 'destinations are set up by variables alone',
    description:
      'Key by which the secrets of destinations are kept, from `openssl rand -base64 32`; a new one goes before the old one',
    expected: '32 bytes in base64, or several of these separated by commas',
    isSecret: true,
    read: (given) => (parts(given).every(isSecretsKey) ? parts(given) : undefined),
  }),
  LINK_KEYS: variable<readonly string[]>({
    default: [],
    shownFallback: 'the installation makes its own',
    description:
      'Key that signs tracked links, from `openssl rand -base64 32`; a new one goes before the old ones, which keep links that were sent good',
    expected: '32 bytes in base64, or up to 8 of these separated by commas',
    isSecret: true,
    read: (given) => (parts(given).every(isSecretsKey) && parts(given).length <= 8 ? parts(given) : undefined),
  }),
  LINK_DAYS: integer({ default: 400, min: 1, max: 3650, description: 'How long tracked links live that name no end' }),
  LINK_REQUESTS_PER_SECOND: integer({
    ...{ default: 100, min: 0, max: 100_000 },
    description: 'Most links followed a second from one address, in each process; 0: any number',
  }),
  CLIENT_ADDRESS_HEADER: variable<string | undefined>({
    default: undefined,
    shownFallback: "the connection's own address",
    description: 'Header in which the proxy in front names the address that follows a link; of several the last counts',
    expected: 'the name of a header, such as x-forwarded-for',
    read: (given) => (/^[A-Za-z0-9-]{1,64}$/.test(given) ? given.toLowerCase() : undefined),
  }),
  OUTBOUND_TRUSTED_HOSTS: variable<readonly string[]>({
    default: [],
    shownFallback: 'no host',
    description:
      'Hosts to which webhooks may go, and links be followed, although they are private or without TLS, with their port unless it is the usual one',
    expected: 'hosts such as crm.internal or 10.0.0.7:8080, separated by commas',
    read: (given) => (parts(given).every(isHost) ? parts(given) : undefined),
  }),
  LINK_QA_INTERVAL_HOURS: integer({
    ...{ default: 24, min: 0, max: 720 },
    description: 'How often the links that readers meet at present are followed, in hours; 0: only when asked to',
  }),
  LINK_QA_BROWSER: optionalPath({
    absent: 'pages run no scripts',
    description: 'Path of a Chromium, by which workers follow pages that redirect by script, too',
  }),
  DECISION_DEADLINE_MS: integer({ default: 2000, min: 50, max: 60_000, description: 'Longest decision, in ms' }),
  SWEEP_INTERVAL_MS: integer({
    ...{ default: 100, min: 10, max: 1000 },
    description: 'Pause between two looks for what is due, in milliseconds',
  }),
  EVALUATE_BATCH_SIZE: integer({ default: 500, min: 1, max: 5000, description: 'Profiles evaluated a transaction' }),
  EVALUATE_CONCURRENCY: integer({ default: 2, min: 1, max: 64, description: 'Lanes evaluated at once in a process' }),
  SETTLE_DELAY_MS: integer({
    ...{ default: 900_000, min: 0, max: 86_400_000 },
    description:
      'How long an entry that rests on something not having happened waits before it is pushed, in milliseconds, so that a webhook that is a little late reaches us first; 0: for nothing, not even a late source',
  }),
  RECONCILE_INTERVAL_HOURS: integer({
    ...{ default: 24, min: 0, max: 720 },
    description:
      'How often what a destination holds is compared with ours and repaired, in hours; 0: only when asked to',
  }),
  DELIVERY_CONCURRENCY: integer({
    ...{ default: 2, min: 1, max: 64 },
    description: 'Batches sent at once to a destination, and as many of what is not urgent',
  }),
  DELIVERY_TIMEOUT_MS: integer({
    ...{ default: 10_000, min: 100, max: 120_000 },
    description: 'When a request to a destination is given up, in milliseconds',
  }),
  DELIVERY_LEASE_MS: integer({
    ...{ default: 45_000, min: 1000, max: 600_000 },
    description:
      'How long a batch belongs to the worker that sends it, in milliseconds; more than three times `DELIVERY_TIMEOUT_MS`',
  }),
  DELIVERY_MAX_ATTEMPTS: integer({
    ...{ default: 100, min: 1, max: 100 },
    description: 'Attempts until a message waits for a person',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: secretUrl(['http', 'https'], {
    absent: 'nothing is traced',
    description: 'Collector of OpenTelemetry traces (OTLP over HTTP), without `/v1/traces`',
  }),
  OTEL_SERVICE_NAME: text({ default: 'turnout', description: 'Name of this process in traces' }),
  SHUTDOWN_DELAY_MS: integer({
    ...{ default: 5_000, min: 0, max: 600_000 },
    description:
      'How long an API that is told to end (SIGTERM) still answers while `/readyz` sends a proxy elsewhere, in milliseconds: longer than the proxy takes to notice',
  }),
  SHUTDOWN_TIMEOUT_MS: integer({
    ...{ default: 20_000, min: 0, max: 600_000 },
    description: 'How long a stopping process may finish its work after that, in milliseconds',
  }),
  LOG_LEVEL: choice<LogLevel>(LOG_LEVELS, { default: 'info', description: 'Least severe level that is logged' }),
} satisfies Record<string, Variable<unknown>>;

function isHost(text: string): boolean {
  return URL.canParse(`http://${text}`) && new URL(`http://${text}`).host === text.toLowerCase();
}

function requests(most: number, whose: string): Variable<number> {
  return integer({
    ...{ default: most, min: 0, max: 1_000_000 },
    description: `Requests a second and process of an API key ${whose}, on average over 10 seconds; 0: no limit`,
  });
}

function roles(declaration: Declaration<readonly Role[]>): Variable<readonly Role[]> {
  return variable<readonly Role[]>({
    ...declaration,
    expected: `one or more of ${ROLES.join(', ')}, separated by commas`,
    shownFallback: declaration.default.join(','),
    read(given) {
      const names = parts(given);
      if (names.some((name) => !ROLES.some((role) => role === name))) return undefined;
      return ROLES.filter((role) => names.includes(role));
    },
  });
}
