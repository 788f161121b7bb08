import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import type { ServiceClient } from './service-client.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout keys list
       turnout keys create NAME --scopes SCOPES [--expires-in-days N]
       turnout keys rotate ID [--grace-hours N]
       turnout keys revoke ID

The API keys of a running Turnout. A new key is written to standard output, once, and nothing else is.

  --scopes SCOPES          what it may be used for: of ingest, manage, decide, separated by commas
  --expires-in-days N      after so many days it is refused (until it is revoked)
  --grace-hours N          how long the old key stays good beside the new one (24)
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)
`;

interface KeyView {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
}

export const keysCommand: Command = {
  name: 'keys',
  says: 'lists, makes, rotates and revokes API keys',
  help: HELP,
  async run(args, io) {
    const { positionals, values } = readArguments(args);
    const [action, ...rest] = positionals;
    const work = ACTIONS[action ?? ''];
    if (!work) throw new WrongUsage('Expected one of list, create, rotate, revoke.');
    if (rest.length !== (action === 'list' ? 0 : 1)) throw new WrongUsage(`Wrong number of arguments for "${action}".`);
    await work(serviceClient(values, io), rest[0] ?? '', values, io);
    return EXIT.done;
  },
};

type Values = ReturnType<typeof readArguments>['values'];
type Action = (client: ServiceClient, subject: string, values: Values, io: CommandIo) => Promise<void>;

const ACTIONS: Readonly<Record<string, Action>> = {
  async list(client, _subject, _values, io) {
    const { apiKeys } = (await client.must('GET', '/v1/api-keys')) as { apiKeys: KeyView[] };
    for (const one of apiKeys) io.out(`${lineOf(one)}\n`);
  },
  async create(client, name, values, io) {
    if (values.scopes === undefined) throw new WrongUsage('--scopes is needed.');
    const expiresInDays = wholeNumber(values, 'expires-in-days');
    const scopes = values.scopes.split(',').map((scope) => scope.trim());
    tell(await client.must('POST', '/v1/api-keys', { name, scopes, ...(expiresInDays && { expiresInDays }) }), io);
  },
  async rotate(client, id, values, io) {
    const graceHours = wholeNumber(values, 'grace-hours');
    const path = `/v1/api-keys/${encodeURIComponent(id)}/rotate`;
    tell(await client.must('POST', path, graceHours === undefined ? {} : { graceHours }), io);
  },
  async revoke(client, id, _values, io) {
    await client.must('DELETE', `/v1/api-keys/${encodeURIComponent(id)}`);
    io.err(`Revoked ${id}; it is refused everywhere within seconds.\n`);
  },
};

/** The key alone goes to standard output, so that it can be piped to where it is kept. */
function tell(made: Record<string, unknown>, io: CommandIo): void {
  io.err(`Made ${String(made.id)}. The key is shown this once:\n`);
  io.out(`${String(made.key)}\n`);
}

function lineOf({ id, name, prefix, scopes, lastUsedAt, expiresAt, revokedAt }: KeyView): string {
  const end = revokedAt ? `revoked ${revokedAt}` : expiresAt ? `good until ${expiresAt}` : 'good';
  return [id, `${prefix}…`, scopes.join(','), end, `last used ${lastUsedAt ?? 'never'}`, name].join('  ');
}

function wholeNumber(values: Values, name: 'expires-in-days' | 'grace-hours'): number | undefined {
  const given = values[name];
  if (given === undefined || /^\d{1,4}$/.test(given)) return given === undefined ? undefined : Number(given);
  throw new WrongUsage(`--${name}: expected a whole number.`);
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...SERVICE_OPTIONS, scopes: text, 'expires-in-days': text, 'grace-hours': text },
    });
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
}
