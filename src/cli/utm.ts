import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { Refused, type ServiceClient } from './service-client.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout utm lint FILE|URL [options]

Looks at the UTM parameters of a link, of the links of a template, or of a file of links, and says what differs from the
naming schema: unknown values, other case or separators, what is missing, doubled, empty or encoded twice.

  --channel CHANNEL        whose rules hold; unless given, the channel whose medium a link names
  --at INSTANT             by the schema of then, such as the day of sending; now unless given
  --format html|text|csv   of the file; told by its name unless given (.html .htm .liquid .mjml, .txt, .csv)
  --column NAME            of a CSV: the column of the links
  --json                   prints the findings as JSON
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)

Exit codes: 0 all is right, warnings aside; 1 a link is not right, or the look failed; 2 wrong usage.
`;

export const utmCommand: Command = {
  name: 'utm',
  says: 'checks the UTM parameters of links, templates and files',
  help: HELP,
  async run(args, io) {
    const { what, values } = readArguments(args);
    const client = serviceClient(values, io);
    const format = /^https?:\/\//i.test(what) ? 'url' : formatOf(what, values.format);
    const answer =
      format === 'csv' ? await lintCsv(client, what, values) : await lintJson(client, what, format, values);
    if (values.json) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else tell(answer, io);
    return answer.wrong === 0 ? EXIT.done : EXIT.failed;
  },
};

type Values = ReturnType<typeof readArguments>['values'];

interface LintAnswer {
  judged?: number;
  wrong: number;
  links: Lint[] | number;
  lines?: Lint[];
  isComplete?: boolean;
}

interface Lint {
  url: string;
  line?: number;
  column?: number;
  mended: string | null;
  findings: { severity: string; detail: string; expected: string; suggestion: string | null }[];
}

const TEXTS = ['.txt', '.text'];
const PAGES = ['.html', '.htm', '.liquid', '.mjml', '.xhtml'];

function formatOf(file: string, asked: string | undefined): 'html' | 'text' | 'csv' {
  const end = extname(file).toLowerCase();
  const format =
    asked ?? (end === '.csv' ? 'csv' : TEXTS.includes(end) ? 'text' : PAGES.includes(end) ? 'html' : undefined);
  if (format === 'html' || format === 'text' || format === 'csv') return format;
  throw new WrongUsage(
    asked === undefined ? `${file}: what is it? Give --format.` : '--format: expected html, text or csv.',
  );
}

async function lintJson(
  client: ServiceClient,
  what: string,
  format: 'url' | 'html' | 'text',
  values: Values,
): Promise<LintAnswer> {
  const { channel, at } = values;
  const of = format === 'url' ? { urls: [what] } : { template: await read(what), format };
  return (await client.must('POST', '/v1/utm/lint', { ...of, channel, at })) as unknown as LintAnswer;
}

async function lintCsv(client: ServiceClient, file: string, values: Values): Promise<LintAnswer> {
  await stat(file).catch(unreadable(file));
  const query = new URLSearchParams();
  for (const name of ['channel', 'at', 'column'] as const)
    if (values[name] !== undefined) query.set(name, values[name]);
  const answer = await client.post(`/v1/utm/lint/csv?${query.toString()}`, createReadStream(file), {
    'content-type': 'text/csv',
  });
  if (answer.status >= 300) throw new Refused(answer);
  return answer.body as unknown as LintAnswer;
}

function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(unreadable(file));
}

function unreadable(file: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw new WrongUsage(`${file} can not be read (${error.code ?? 'unknown'}).`);
  };
}

function tell(answer: LintAnswer, io: CommandIo): void {
  const links = Array.isArray(answer.links) ? answer.links : (answer.lines ?? []);
  for (const { url, line, column, findings, mended } of links) {
    if (findings.length === 0) continue;
    const place = line === undefined ? '' : `line ${line}${column === undefined ? '' : `:${column}`}: `;
    io.out(`${place}${url}\n`);
    for (const { severity, detail, expected, suggestion } of findings) {
      io.out(
        `  ${severity === 'error' ? 'WRONG' : 'note '} ${detail}; expected ${suggestion === null ? expected : `"${suggestion}"`}\n`,
      );
    }
    if (mended !== null) io.out(`      → ${mended}\n`);
  }
  if (answer.isComplete === false) io.out('More lines are not right than are shown here.\n');
  const count = Array.isArray(answer.links) ? answer.links.length : answer.links;
  io.out(`${count} ${count === 1 ? 'link' : 'links'}, ${answer.wrong} not right\n`);
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...SERVICE_OPTIONS, channel: text, at: text, format: text, column: text, json: { type: 'boolean' } },
    });
    const [action, what, ...others] = positionals;
    if (action !== 'lint' || what === undefined || others.length > 0) throw new WrongUsage('Expected: lint FILE|URL.');
    return { what, values };
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}
