import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { progressLine, summary, type Progress } from './import-progress.js';
import { Refused, Unreachable, type Answer, type ServiceClient } from './service-client.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout import FILE [options]

Sends a file of events, orders or messages to a running Turnout, and shows how far it has come. Cut off, by a crash of
either side for instance, it goes on where it was when the same command is run again. Lines that can not be used are set
aside and told at the end.

  --mapping KEY            the kind of file (events unless given):
                             events                 our own form, NDJSON: id, name, occurredAt, identifiers, properties
                             customerio-metrics     Customer.io, a row for each time something happened to a message
                             customerio-deliveries  Customer.io, a row a message
                             shopify-orders         the CSV export of orders; needs --shop
  --map FIELD:COLUMN       what a field is called in this file; may be given several times
  --format ndjson|csv      csv where FILE ends in .csv, else the mapping's own, unless given
  --shop DOMAIN            the shop's domain, such as coffee.myshopify.com
  --source KEY             whose events they are, unless they are the mapping's own
  --until INSTANT          leaves out events from then on: the live ones have come since
  --complete-since INSTANT says that with this file everything since then is known; holds if no line was set aside
  --id ID                  names the import; made from the file's beginning, size and options unless given
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope ingest or manage (better in TURNOUT_API_KEY: arguments can be seen by others)
  --retries N              how often to try again when the service can not be reached (10)
  --quiet                  no progress

FILE may be - for standard input, or a pipe, which are sent once.
Exit codes: 0 every line was used; 3 done, but lines were set aside; 1 failed; 2 wrong usage.
`;

const PASSED_ON = ['mapping', 'format', 'shop', 'source', 'until'] as const;
const ID_BYTES = 1_048_576;
const LONGEST_WAIT_MS = 30_000;

export const importCommand: Command = {
  name: 'import',
  says: 'sends a file of events, orders or messages',
  help: HELP,
  async run(args, io) {
    const { file, values } = readArguments(args);
    const sending = await prepare(file, values, io);
    const done = await sendRepeatedly(sending);
    io.out(`${summary(done)}\n`);
    if (done.setAside === 0) return EXIT.done;
    await tellBadLines(sending, done);
    return done.setAside > done.tooOld ? EXIT.withBadLines : EXIT.done;
  },
};

async function prepare(file: string, values: Values, io: CommandIo): Promise<Sending> {
  const client = serviceClient(values, io);
  const size = file === '-' ? undefined : await sizeOf(file);
  const retries = size === undefined ? 0 : Number(values.retries ?? 10);
  if (!Number.isInteger(retries) || retries < 0) throw new WrongUsage('--retries: expected a whole number.');
  const parameters = parametersOf(values, file);
  const id = values.id ?? (await idOf(file, size, parameters));
  parameters.append('id', id);
  return { client, file, size, id, parameters, retries, io, isQuiet: values.quiet ?? false };
}

function parametersOf(values: Values, file: string): URLSearchParams {
  const parameters = new URLSearchParams();
  if (values.format === undefined && /\.csv$/i.test(file)) parameters.append('format', 'csv');
  for (const name of PASSED_ON) if (values[name] !== undefined) parameters.append(name, values[name]);
  if (values['complete-since'] !== undefined) parameters.append('completeSince', values['complete-since']);
  for (const one of values.map ?? []) parameters.append('map', one);
  return parameters;
}

async function tellBadLines({ client, id, io }: Sending, done: Progress): Promise<void> {
  const { body } = await client.get(`/v1/imports/${id}/bad-lines?limit=20`);
  const { badLines = [] } = body as { badLines?: { line: number; reason: string; problem: string }[] };
  for (const { line, reason, problem } of badLines) io.err(`line ${line}: ${reason}: ${problem}\n`);
  if (done.setAside > badLines.length) io.err(`All of them: GET /v1/imports/${id}/bad-lines\n`);
}

type Values = ReturnType<typeof readArguments>['values'];

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SERVICE_OPTIONS,
        mapping: text,
        map: { type: 'string', multiple: true },
        format: text,
        shop: text,
        source: text,
        until: text,
        'complete-since': text,
        id: text,
        retries: text,
        quiet: { type: 'boolean' },
      },
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) throw new WrongUsage('Expected one FILE.');
    return { file, values };
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}

/** Undefined of a pipe, which can be read once. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file); // to open a pipe, and close it again, would end it
    if (found.isDirectory()) throw new WrongUsage(`${file} is a folder.`);
    if (!found.isFile()) return undefined;
    await access(file, constants.R_OK);
    return found.size;
  } catch (error) {
    if (error instanceof WrongUsage) throw error;
    throw new WrongUsage(`${file} can not be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}

/** The same file with the same options has the same id, so that running the command again goes on. */
async function idOf(file: string, size: number | undefined, parameters: URLSearchParams): Promise<string> {
  const hash = createHash('sha256').update(`${size ?? Math.random()} ${parameters.toString()}\n`);
  if (size !== undefined && size > 0) {
    for await (const chunk of createReadStream(file, { end: ID_BYTES - 1 })) hash.update(chunk as Buffer);
  }
  const name =
    file === '-'
      ? 'stdin'
      : basename(file)
          .replace(/[^A-Za-z0-9._-]/g, '_')
          .replace(/^[^A-Za-z0-9]+/, '');
  return `${name.slice(0, 60) || 'file'}-${hash.digest('hex').slice(0, 12)}`;
}

interface Sending {
  client: ServiceClient;
  file: string;
  size: number | undefined;
  id: string;
  parameters: URLSearchParams;
  retries: number;
  io: CommandIo;
  isQuiet: boolean;
}

/** Tries again while there is progress, or often enough without any. Throws what can't be helped. */
async function sendRepeatedly(sending: Sending): Promise<Progress> {
  let failures = 0;
  let reached = -1;
  for (;;) {
    try {
      const known = await knownProgress(sending);
      if (known) await recognise(known, sending);
      if (known?.state === 'done') return known;
      const from = known?.bytes ?? 0;
      if (from > reached) failures = 0;
      reached = from;
      const answer = await sendOnce(sending, from);
      if (answer.status === 200) return answer.body as unknown as Progress;
      throw new Refused(answer);
    } catch (error) {
      failures += 1;
      if (!mayPass(error)) throw error;
      if (failures > sending.retries) {
        const hint = sending.size === undefined ? '' : '\nRun the same command again to go on.';
        throw new Error(`${error.message}${hint}`, { cause: error });
      }
      await wait(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures));
    }
  }
}

async function knownProgress({ client, id }: Sending): Promise<Progress | undefined> {
  const answer = await client.get(`/v1/imports/${id}`);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Refused(answer);
  return answer.body as unknown as Progress;
}

/** Throws where an import that there is has read another file than this one. */
async function recognise(known: Progress, { file, size, id }: Sending): Promise<void> {
  if (size === undefined) return;
  const isOther =
    (known.size !== null && known.size !== size) ||
    (known.checksum !== null && known.checksum !== (await checksumOf(file, known.bytes)));
  if (isOther) throw new Error(`The import "${id}" has read another file than ${file}. Give this one another --id.`);
}

/** CRC-32 of a file's first bytes. */
async function checksumOf(file: string, bytes: number): Promise<number> {
  let checksum = 0;
  if (bytes === 0) return checksum;
  for await (const chunk of createReadStream(file, { end: bytes - 1 })) checksum = crc32(chunk as Buffer, checksum);
  return checksum;
}

function mayPass(error: unknown): error is Error {
  return error instanceof Unreachable || (error instanceof Refused && error.answer.status >= 500);
}

async function sendOnce({ client, file, size, id, parameters, io, isQuiet }: Sending, from: number): Promise<Answer> {
  const query = new URLSearchParams(parameters);
  query.append('from', String(from));
  const start = size === undefined ? {} : { start: from }; // a pipe has no places
  const body = file === '-' ? process.stdin : createReadStream(file, start);
  const headers: Record<string, string> = size === undefined ? {} : { 'content-length': String(size - from) };
  const showing = new AbortController();
  const shown = isQuiet ? Promise.resolve() : show(client, id, io, showing.signal);
  try {
    return await client.post(`/v1/imports?${query.toString()}`, body, headers);
  } finally {
    showing.abort();
    await shown;
  }
}

/** A line about the progress: every second over the last one, or every ten seconds a new one where nobody watches. */
async function show(client: ServiceClient, id: string, io: CommandIo, signal: AbortSignal): Promise<void> {
  const [before, after, everyMs] = io.isTerminal ? ['\r\u001b[K', '', 1_000] : ['', '\n', 10_000];
  while (!signal.aborted) {
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const answer = await client.get(`/v1/imports/${id}`).catch(() => undefined);
    if (answer?.status === 200) io.err(before + progressLine(answer.body as unknown as Progress) + after);
  }
  if (io.isTerminal) io.err('\r\u001b[K');
}
