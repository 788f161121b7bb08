import { Readable, type Transform } from 'node:stream';
import { parse } from 'csv-parse';
import { delimiterOf } from '../platform/csv.js';
import { Problem } from '../platform/problem.js';
import { lintUrl, type UrlLint } from './lint-url.js';
import type { UtmSchema } from './utm-schema.js';

/** A link of a file that is not right. */
export interface CsvLine extends UrlLint {
  /** Counted from 1, the header included; of a record of several lines the last. */
  line: number;
}

export interface CsvLint {
  /** The column that the links were read from. */
  column: string;
  links: number;
  wrong: number;
  /** How often each kind of finding occurs. */
  kinds: Record<string, number>;
  /** The first so many that are not right. */
  lines: CsvLine[];
  isComplete: boolean;
}

const MOST_LINES = 1_000;
const LONGEST_RECORD = 262_144;
const LONGEST_HEADER = 65_536;
const LINK_COLUMNS = ['url', 'link', 'href', 'destination', 'destination_url', 'final_url', 'landing_page', 'address'];

/** Reads a file of links as it comes and holds no more of it than what is wrong with the first so many. */
export async function lintCsv(
  schema: UtmSchema,
  file: Readable,
  asked: { channel: string | null; column: string | undefined },
): Promise<CsvLint> {
  const records = await recordsOf(file);
  const result: CsvLint = { column: '', links: 0, wrong: 0, kinds: {}, lines: [], isComplete: true };
  let columns: Columns | undefined;
  try {
    for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (!columns) {
        columns = columnsOf(record, asked.column);
        result.column = columns.name;
        continue;
      }
      const url = record[columns.link]?.trim() ?? '';
      const own = columns.channel === undefined ? undefined : record[columns.channel]?.trim().toLowerCase();
      add(result, { line: info.lines, ...lintUrl(schema, url, asked.channel ?? (own || null)) });
    }
  } catch (error) {
    throw notCsv(error);
  }
  if (!columns) throw Problem.badRequest('The file is empty.');
  return result;
}

function add(result: CsvLint, lint: CsvLine): void {
  result.links += 1;
  if (lint.findings.length === 0) return;
  if (lint.findings.some(({ severity }) => severity === 'error')) result.wrong += 1;
  for (const { kind } of lint.findings) result.kinds[kind] = (result.kinds[kind] ?? 0) + 1;
  if (result.lines.length < MOST_LINES) result.lines.push(lint);
  else result.isComplete = false;
}

/** The first line tells the delimiter. */
async function recordsOf(file: Readable): Promise<Transform> {
  const chunks = file[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (!head.includes(0x0a) && head.length < LONGEST_HEADER) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, Buffer.from(next.value)]);
  }
  const [first = ''] = head.toString().split('\n', 1);
  const parser = parse({
    ...{ delimiter: delimiterOf(first), bom: true, info: true, skip_empty_lines: true },
    ...{ relax_column_count: true, relax_quotes: true, max_record_size: LONGEST_RECORD },
  });
  async function* whole() {
    yield head;
    yield* chunks;
  }
  return Readable.from(whole())
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
}

interface Columns {
  name: string;
  link: number;
  channel: number | undefined;
}

function columnsOf(header: readonly string[], wanted: string | undefined): Columns {
  const names = header.map((name) => name.trim().toLowerCase().replaceAll(' ', '_'));
  const link = wanted === undefined ? names.findIndex((name) => LINK_COLUMNS.includes(name)) : header.indexOf(wanted);
  const channel = names.indexOf('channel');
  if (link >= 0) return { name: header[link]!, link, channel: channel < 0 ? undefined : channel };
  const shown = header.map((name) => `"${name.slice(0, 60)}"`).join(', ');
  throw Problem.badRequest('The file has no column of links.', [
    {
      pointer: '/column',
      detail: wanted === undefined ? 'no column is called as links usually are' : `there is no column "${wanted}"`,
      expected: `the name of a column of the file: ${shown.slice(0, 1_000)}`,
    },
  ]);
}

function notCsv(error: unknown): unknown {
  const { code, lines } = error as { code?: string; lines?: number };
  if (error instanceof Problem || typeof code !== 'string' || !code.startsWith('CSV_')) return error;
  // The parser's own message quotes the line.
  return Problem.badRequest(`The file is no CSV: see line ${lines ?? 1}.`);
}
