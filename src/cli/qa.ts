import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { CLIENTS } from '../link-qa/clients.js';
import { linksOfTemplate } from '../link-qa/links-of-template.js';
import { checkBeforeSending, FORMATS, isOffline, show } from '../link-qa/pre-send.js';
import type { QaLink } from '../link-qa/qa-report.js';
import { DEFAULT_SETTINGS, type QaSettings } from '../link-qa/qa-settings.js';
import { EXIT, WrongUsage, type Command, type CommandIo } from './command.js';

const HELP = `Usage: turnout qa FILE|URL... [options]

Follows links as readers' programs would, before a message is sent, and says what is wrong with them and how to mend it.
A FILE is a template in HTML with Liquid or, named *.txt, a list with a URL a line; - is standard input. The links are
followed from here: no service and no key is needed.

  --format FORMAT          ${FORMATS.join(', ')} (text)
  --output FILE            write the result there
  --expect-host HOST       where links must end; *.example.com: each subdomain. May be repeated
  --allow-host HOST[:PORT] a host that may be private or without TLS, such as a shop in staging. May be repeated
  --client CLIENT          as whom: ${CLIENTS.map((one) => one.key).join(', ')}; all unless given
  --keep NAME              a further parameter that must survive redirects. May be repeated
  --set NAME=VALUE         what {{ NAME }} stands for in templates. May be repeated
  --browser PATH           a Chromium that is there, by which pages that redirect by script are followed, too
  --most-redirects N       warn of more (${DEFAULT_SETTINGS.longChain})
  --slow-ms N              warn of an answer that takes longer (${DEFAULT_SETTINGS.slowHopMs})
  --fail-on SEVERITY       error, or warning (error)
  --quiet                  no progress

Exit codes: 0 nothing that --fail-on names was found; 1 something was; 2 the look was not possible.
`;

export const qaCommand: Command = {
  name: 'qa',
  says: 'follows the links of a template before it is sent',
  help: HELP,
  async run(args, io) {
    try {
      return await look(args, io);
    } catch (error) {
      // 1 says that links are wrong, and nothing else does.
      throw error instanceof WrongUsage
        ? error
        : new WrongUsage(`The look was not possible: ${(error as Error).message}`);
    }
  },
};

async function look(args: readonly string[], io: CommandIo): Promise<number> {
  const { inputs, values } = readArguments(args);
  const format = among('format', FORMATS, values.format ?? 'text');
  const failOn = among('fail-on', ['error', 'warning'] as const, values['fail-on'] ?? 'error');
  const settings = settingsOf(values);
  const given = replacementsIn(values.set ?? []);
  const links = (await Promise.all(inputs.map((input) => linksOf(input, given)))).flat();
  const report = await checkBeforeSending({ name: nameOf(inputs), links }, settings, {
    outbound: { trustedHosts: values['allow-host'] ?? [] },
    browser: values.browser,
    ...(io.isTerminal &&
      !values.quiet && { onLink: (done, of) => io.err(`\r\u001b[K${done === of ? '' : `${done} of ${of} links`}`) }),
  });
  if (isOffline(report)) throw new WrongUsage('Nothing could be reached from here: is there a network?');
  const shown = show(report, format, failOn);
  if (values.output === undefined) io.out(shown);
  else await writeFile(values.output, shown);
  const { error, warning } = report.totals;
  return error + (failOn === 'warning' ? warning : 0) > 0 ? EXIT.failed : EXIT.done;
}

type Values = ReturnType<typeof readArguments>['values'];

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const texts = { type: 'string', multiple: true } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ format: text, output: text, 'fail-on': text, 'slow-ms': text, 'most-redirects': text, browser: text },
        ...{ 'expect-host': texts, 'allow-host': texts, client: texts, keep: texts, set: texts },
        quiet: { type: 'boolean' },
      },
    });
    if (positionals.length === 0) throw new WrongUsage('Expected a FILE or a URL.');
    return { inputs: positionals, values };
  } catch (error) {
    throw error instanceof WrongUsage ? error : new WrongUsage((error as Error).message);
  }
}

function settingsOf(values: Values): QaSettings {
  const clients = (values.client ?? []).map((one) => among('client', CLIENTS.map(({ key }) => key), one)); // prettier-ignore
  return {
    ...DEFAULT_SETTINGS,
    ...(clients.length > 0 && { clients }),
    expectHosts: (values['expect-host'] ?? []).map((one) => one.toLowerCase()),
    keepParameters: values.keep ?? [],
    longChain: wholeNumber('most-redirects', values['most-redirects'], DEFAULT_SETTINGS.longChain),
    slowHopMs: wholeNumber('slow-ms', values['slow-ms'], DEFAULT_SETTINGS.slowHopMs),
  };
}

function among<T extends string>(option: string, words: readonly T[], given: string): T {
  const found = words.find((one) => one === given);
  if (found === undefined) throw new WrongUsage(`--${option}: expected one of ${words.join(', ')}.`);
  return found;
}

function wholeNumber(option: string, given: string | undefined, fallback: number): number {
  if (given !== undefined && !/^\d{1,6}$/.test(given)) throw new WrongUsage(`--${option}: expected a whole number.`);
  return given === undefined ? fallback : Number(given);
}

function replacementsIn(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const [, name, value] = /^([\w.]+)=(.*)$/s.exec(one) ?? [];
      if (name === undefined) throw new WrongUsage('--set: expected NAME=VALUE.');
      return [name, value!];
    }),
  );
}

function nameOf(inputs: readonly string[]): string {
  return inputs.map((one) => (isUrl(one) ? one : basename(one))).join(', ').slice(0, 200); // prettier-ignore
}

async function linksOf(input: string, values: Readonly<Record<string, string>>): Promise<QaLink[]> {
  if (isUrl(input)) return [{ url: input, cta: null, places: [] }];
  const text = await (input === '-' ? textOf(process.stdin) : readFile(input, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new WrongUsage(`${input} can not be read (${error.code ?? 'unknown'}).`);
    },
  );
  // What should have written it failed, most likely: that is no message to be sent.
  if (text.trim() === '') throw new WrongUsage(`${input} is empty.`);
  if (!/\.txt$/i.test(input)) return linksOfTemplate({ source: input, text, values });
  return text.split(/\r?\n/).flatMap((line, at) => {
    const url = line.trim();
    return url === '' || url.startsWith('#') ? [] : [{ url, cta: null, places: [{ source: input, line: at + 1 }] }];
  });
}

function isUrl(input: string): boolean {
  return /^https?:\/\//i.test(input);
}
