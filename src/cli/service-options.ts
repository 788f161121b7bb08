import { WrongUsage, type CommandIo } from './command.js';
import { ServiceClient } from './service-client.js';

/** The options by which every command finds the service, for `parseArgs`. */
export const SERVICE_OPTIONS = { url: { type: 'string' }, key: { type: 'string' } } as const;

/** The service that a command speaks to, by its options, else by the environment. Throws {@link WrongUsage}. */
export function serviceClient(
  values: { url?: string | undefined; key?: string | undefined },
  { env }: CommandIo,
): ServiceClient {
  const key = values.key ?? env['TURNOUT_API_KEY'];
  if (!key) throw new WrongUsage('An API key is needed: set TURNOUT_API_KEY, or give --key.');
  const url = values.url ?? env['TURNOUT_URL'] ?? 'http://127.0.0.1:3000';
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new WrongUsage('--url: expected one that starts with http(s)://');
  return new ServiceClient(url, key);
}
