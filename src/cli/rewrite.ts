import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';
import { SERVICE_OPTIONS, serviceClient } from './service-options.js';

const HELP = `Usage: turnout rewrite FILE… --out FOLDER [options]

Has the links of templates (HTML or plain text, with or without Liquid) tracked, writes each template under its own name into
the folder, byte for byte the same but for the links, and tells what became of each link.

  --out FOLDER             where to; made if it is not there
  --format html|text       of the files; told by their names unless given (.txt is text)
  --domain HOST            the link domain; may be left out where there is only one
  --channel CHANNEL        such as email or sms
  --template NAME          what reports call the template; the file's name unless given
  --short                  short links, as for text messages
  --utm KEY=VALUE          added where a link lacks it, such as utm_source=customerio; may be given several times
  --message ID=NUMBER      the message that it is of, such as campaign_id=7; again for action_id
  --expires INSTANT        until when its links lead anywhere, such as 2027-01-31
  --json                   prints the reports as JSON
  --url URL                of the service (TURNOUT_URL, else http://127.0.0.1:3000)
  --key KEY                API key of scope manage (better in TURNOUT_API_KEY: arguments can be seen by others)

Exit codes: 0 every link is tracked or rightly left alone; 1 a link has a problem (its file is written without it being
tracked), or the work failed; 2 wrong usage.
`;

interface ReportedLink {
  line: number;
  column: number;
  href: string;
  state: 'tracked' | 'left' | 'problem';
  reason: string | null;
  link: { url: string; cta: string } | null;
  problems: { detail: string; expected?: string }[];
}

interface Rewritten {
  text: string;
  tracked: number;
  left: number;
  withProblems: number;
  links: ReportedLink[];
}

export const rewriteCommand: Command = {
  name: 'rewrite',
  says: 'has the links of templates tracked',
  help: HELP,
  async run(args, io) {
    const { files, out, values } = readArguments(args);
    const client = serviceClient(values, io);
    const utm = Object.fromEntries(pairsOf('utm', values.utm));
    const message = Object.fromEntries(pairsOf('message', values.message).map(([id, text]) => [id, idOf(text)]));
    const texts = await Promise.all(files.map(async (file) => ({ file, text: await read(file) })));
    await mkdir(out, { recursive: true });
    let isRight = true;
    for (const { file, text } of texts) {
      const body = {
        ...{ text, format: values.format ?? (extname(file).toLowerCase() === '.txt' ? 'text' : 'html') },
        ...{ domain: values.domain, channel: values.channel, template: values.template ?? nameOf(file), utm },
        ...{ short: values.short, expiresAt: values.expires },
        ...(values.message && { message }),
      };
      const rewritten = (await client.must('POST', '/v1/links/rewrite', body)) as unknown as Rewritten;
      await writeFile(join(out, basename(file)), rewritten.text);
      const { text: _text, ...report } = rewritten;
      if (values.json) io.out(`${JSON.stringify({ file, ...report })}\n`);
      else tell(file, rewritten, io);
      isRight &&= rewritten.withProblems === 0;
    }
    return isRight ? EXIT.done : EXIT.failed;
  },
};

function tell(file: string, { links, tracked, left, withProblems }: Rewritten, io: CommandIo): void {
  io.out(`${file}: ${tracked} tracked, ${left} left alone, ${withProblems} with problems\n`);
  for (const { line, column, href, state, reason, link, problems } of links) {
    const mark = { tracked: 'ok   ', left: 'left ', problem: 'WRONG' }[state];
    io.out(`  ${mark} ${line}:${column} ${href}${link ? ` → ${link.cta}` : reason === null ? '' : ` (${reason})`}\n`);
    for (const { detail, expected } of problems) {
      io.out(`          ${detail}${expected === undefined ? '' : `; expected ${expected}`}\n`);
    }
  }
}

/** What reports can call a template: printable, without spaces. */
function nameOf(file: string): string | undefined {
  const name = basename(file, extname(file))
    .replace(/[^\x21-\x7e]+/g, '-')
    .slice(0, 200);
  return name === '' ? undefined : name;
}

/** As bytes that are UTF-8: anything else would not come back as it was. */
async function read(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new WrongUsage(`${file} can not be read (${error.code ?? 'unknown'}).`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new WrongUsage(`${file} is not UTF-8.`);
  }
}

function pairsOf(option: string, given: readonly string[] = []): [string, string][] {
  return given.map((one) => {
    const equals = one.indexOf('=');
    if (equals < 1) throw new WrongUsage(`--${option}: expected KEY=VALUE.`);
    return [one.slice(0, equals), one.slice(equals + 1)];
  });
}

function idOf(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new WrongUsage('--message: expected an id that is a number, such as campaign_id=7.');
  return Number(text);
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  try {
    const { values, positionals: files } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...SERVICE_OPTIONS,
        ...{ out: text, format: text, domain: text, channel: text, template: text },
        ...{ utm: texts, message: texts, expires: text },
        ...{ json: { type: 'boolean' }, short: { type: 'boolean' } },
      },
    });
    const { out, format } = values;
    if (files.length === 0) throw new WrongUsage('Expected a FILE.');
    if (out === undefined) throw new WrongUsage('--out is missing: where shall the templates be written to?');
    if (format !== undefined && format !== 'html' && format !== 'text')
      throw new WrongUsage('--format: expected html or text.');
    const names = files.map((file) => basename(file));
    if (new Set(names).size < names.length)
      throw new WrongUsage('Two files have the same name: rewrite them one at a time.');
    // A folder that holds a source would have it overwritten.
    if (files.some((file) => resolve(file) === resolve(out, basename(file))))
      throw new WrongUsage('--out: expected another folder.');
    return { files, out, values };
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}
