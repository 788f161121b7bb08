import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { areRight, tellFindings, type Finding } from './findings.js';
import type { ServiceClient } from './service-client.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout connect customerio --public-url URL [options]

Sets up Customer.io in one go, and again whenever something changed: looks at the credentials and finds the region, has the
service keep them (encrypted), makes or mends the reporting webhook with full resolution and the needed events, looks at all
of it, and tells what a journey needs.

  --public-url URL         where Customer.io reaches the service, such as https://turnout.example
  --site-id ID             of the Track API (CUSTOMERIO_SITE_ID)
  --region us|eu           found by itself unless given (CUSTOMERIO_REGION)
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)

The keys come from the environment alone, since arguments can be seen by others: CUSTOMERIO_API_KEY of the Track API,
CUSTOMERIO_APP_API_KEY of the App API. Without them what the service has already is looked at and mended.
Exit codes: 0 all is right; 1 something is wrong; 2 wrong usage.
`;

const KEY = 'customerio';

type Settings = Record<string, string | number | boolean>;

interface KnownDestination {
  key: string;
  from: string;
  settings: Settings;
}

export const connectCommand: Command = {
  name: 'connect',
  says: 'sets up Customer.io in one go',
  help: HELP,
  async run(args, io) {
    const values = readArguments(args);
    const publicUrl = values['public-url'];
    if (publicUrl === undefined) throw new WrongUsage('--public-url is needed: where Customer.io reaches the service.');
    const client = serviceClient(values, io);
    const settings = settingsFrom(values, io.env);
    if (settings && !(await keepUnlessSet(client, settings, io))) return EXIT.failed;
    const path = `/v1/destinations/${KEY}/setup`;
    const { findings } = (await client.must('POST', path, { publicUrl })) as { findings: Finding[] };
    tellFindings(findings, io);
    io.out(journeyNeeds(publicUrl));
    return areRight(findings) ? EXIT.done : EXIT.failed;
  },
};

/** What the environment of the service says stays as it is. */
async function keepUnlessSet(client: ServiceClient, settings: Settings, io: CommandIo): Promise<boolean> {
  const { destinations } = await client.must('GET', '/v1/destinations');
  const known = (destinations as KnownDestination[]).find((one) => one.key === KEY);
  // What somebody chose beside the credentials, such as how decisions are told, stays.
  if (known?.from !== 'environment') return keep(client, { region: 'us', ...known?.settings, ...settings }, io);
  io.out('note  settings: those of the environment of the service are used, and none are kept\n');
  return true;
}

/** Has the service keep the credentials once they are found right; in the region that they are found to be of. */
async function keep(client: ServiceClient, given: Settings, io: CommandIo): Promise<boolean> {
  const accessOf = async (settings: Settings): Promise<Finding[]> => {
    const body = { key: KEY, kind: KEY, settings };
    const { findings } = (await client.must('POST', '/v1/destinations/check', body)) as { findings: Finding[] };
    return findings.filter(({ about }) => ['credentials', 'region', 'app_api_key'].includes(about));
  };
  let settings = given;
  let found = await accessOf(settings);
  const elsewhere = found.find((one) => one.settings?.['region'] !== undefined);
  if (elsewhere) {
    io.out(`note  region: ${elsewhere.says}; taken over\n`);
    settings = { ...settings, ...elsewhere.settings };
    found = await accessOf(settings);
  }
  if (!areRight(found)) {
    tellFindings(found, io);
    io.err('Nothing was kept.\n');
    return false;
  }
  await client.must('PUT', `/v1/destinations/${KEY}`, { kind: KEY, settings });
  io.out('ok    settings: kept, the keys encrypted\n');
  return true;
}

/** Undefined where none are given. */
function settingsFrom(values: Values, env: CommandIo['env']): Settings | undefined {
  const siteId = values['site-id'] ?? env['CUSTOMERIO_SITE_ID'];
  const apiKey = env['CUSTOMERIO_API_KEY'];
  if (!siteId && !apiKey) return undefined;
  if (!siteId || !apiKey) throw new WrongUsage('CUSTOMERIO_SITE_ID (or --site-id) and CUSTOMERIO_API_KEY go together.');
  const others = {
    appApiKey: env['CUSTOMERIO_APP_API_KEY'],
    trackUrl: env['CUSTOMERIO_TRACK_URL'],
    appUrl: env['CUSTOMERIO_APP_URL'],
    region: values.region ?? env['CUSTOMERIO_REGION'],
  };
  return {
    siteId,
    apiKey,
    ...(Object.fromEntries(Object.entries(others).filter(([, one]) => one)) as Settings),
  };
}

function journeyNeeds(publicUrl: string): string {
  const decide = `${publicUrl.replace(/\/+$/, '')}/v1/journeys/JOURNEY/branch-points/BRANCH_POINT/decide`;
  return `
What is left to do in Customer.io:
  1. The signing key that it shows beside the reporting webhook goes into CUSTOMERIO_SIGNING_KEYS of the service.
  2. In a journey, before each fork, a "Send and receive data" action:
       POST ${decide}
       {"identifiers": {"customer_id": "{{customer.id}}", "email": "{{customer.email}}"}}
     Its calls are signed; the signing key that it shows goes into CUSTOMERIO_SIGNING_KEYS, too. Store {{response.branch}}
     as a journey attribute, and branch on it.
  3. A segment that is pushed says so: "push": {"customerio": {}} has a manual segment made for it,
     {"customerio": {"segmentId": 7}} names one that is there.
More: docs/decisions.md, docs/destinations.md.
`;
}

type Values = ReturnType<typeof readArguments>;

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { ...SERVICE_OPTIONS, 'public-url': text, 'site-id': text, region: text };
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (positionals.length !== 1 || positionals[0] !== KEY) throw new WrongUsage('Expected "customerio".');
    return values;
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}
