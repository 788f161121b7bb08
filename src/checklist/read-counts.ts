import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { parseDay } from '../core/date.js';
import { delimiterOf } from '../platform/csv.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import type { Dimension, Metric } from './judge-downstream.js';

/** What a tool counted on a day for one value of a dimension. */
export interface CountRow {
  day: string;
  value: string;
  count: number;
}

export interface CountsFile {
  metric: Metric;
  dimension: Dimension;
  /** Each day and value once. */
  rows: CountRow[];
}

/** What columns are called in exports, in lower case with `_` for what divides words; the first that is there is read. */
const COLUMNS = {
  day: ['day', 'date'],
  dimension: {
    utm_campaign: ['utm_campaign', 'session_campaign', 'session_campaign_name', 'campaign', 'utm_campaign_name'],
    utm_source: ['utm_source', 'session_source', 'source', 'utm_source_name'],
    landing: ['landing', 'landing_page', 'landing_page_query_string', 'landing_page_path', 'landing_page_url'],
  },
  metric: {
    sessions: ['sessions', 'visits', 'online_store_sessions'],
    conversions: ['conversions', 'key_events', 'orders', 'purchases'],
  },
} as const;

const MOST_PROBLEMS = 20;
const LONGEST_VALUE = 300;

/** Reads a small file of counts, CSV with a header or NDJSON. Throws a 400 problem that names lines, and quotes none. */
export function readCounts(file: Buffer, format: 'csv' | 'ndjson'): CountsFile {
  if (!isUtf8(file)) throw Problem.badRequest('The file is not in UTF-8.');
  const text = file.toString().replace(/^\uFEFF/, '');
  const records = format === 'csv' ? csvRecords(text) : ndjsonRecords(text);
  const names = [...new Set(records.flatMap(({ record }) => Object.keys(record)))];
  const day = COLUMNS.day.find((name) => names.includes(name));
  const dimension = columnAmong(names, COLUMNS.dimension);
  const metric = columnAmong(names, COLUMNS.metric);
  if (!day || !dimension || !metric) throw missing({ day, dimension, metric });
  const problems: ProblemEntry[] = [];
  const rows = new Map<string, CountRow>();
  for (const { line, record } of records) {
    const [dayText, value] = [record[day]?.trim() ?? '', valueOf(record[dimension.column] ?? '', dimension.means)];
    if (dayText === '' && value === '') continue; // a total
    const row = { day: dayOf(dayText), value, count: countOf(record[metric.column] ?? '') };
    problems.push(...problemsOf(row, line));
    if (isUsable(row)) addTo(rows, row);
  }
  if (problems.length === 0) return { metric: metric.means, dimension: dimension.means, rows: [...rows.values()] };
  throw Problem.badRequest('The file can not be used. Nothing was kept.', problems.slice(0, MOST_PROBLEMS));
}

type ReadRow = { [Name in keyof CountRow]: CountRow[Name] | undefined };

function problemsOf({ day, count }: ReadRow, line: number): ProblemEntry[] {
  return [
    ...(day === undefined ? [problem(line, 'its day is none', 'a day such as 2026-11-24 or 20261124')] : []),
    ...(count === undefined ? [problem(line, 'its count is none', 'a number such as 120')] : []),
  ];
}

function isUsable(row: ReadRow): row is CountRow {
  return row.day !== undefined && row.count !== undefined && row.value !== '';
}

/** Exports may divide a value further: its parts are added. */
function addTo(rows: Map<string, CountRow>, row: CountRow): void {
  const key = `${row.day} ${row.value}`;
  rows.set(key, { ...row, count: row.count + (rows.get(key)?.count ?? 0) });
}

/** As clicks carry it: of a landing page its path alone. */
export function valueOf(text: string, dimension: Dimension): string {
  const value = text.replace(/\p{Cc}/gu, ' ').trim();
  if (dimension !== 'landing' || value === '') return value.slice(0, LONGEST_VALUE);
  const path = URL.canParse(value, 'https://landing.invalid')
    ? new URL(value, 'https://landing.invalid').pathname
    : value;
  return (path.replace(/\/+$/, '') || '/').slice(0, LONGEST_VALUE);
}

interface Line {
  line: number;
  record: Readonly<Record<string, string>>;
}

function csvRecords(text: string): Line[] {
  // Exports of GA4 begin with remarks.
  const remarks = /^(?:(?:#[^\n]*|[ \t\r]*)\n)*/.exec(text)![0];
  const before = remarks.split('\n').length - 1;
  const body = text.slice(remarks.length);
  const delimiter = delimiterOf(body.split('\n', 1)[0]!);
  try {
    const rows = parse(body, {
      ...{ delimiter, columns: (header: string[]) => header.map(plainName), info: true },
      ...{ skip_empty_lines: true, relax_column_count_less: true },
    }) as unknown as { record: Record<string, string>; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ line: before + info.lines, record }));
  } catch (error) {
    const { lines } = error as { lines?: number };
    // The parser's own message quotes the line.
    throw Problem.badRequest(`The file is no CSV: see line ${before + (lines ?? 1)}.`);
  }
}

function ndjsonRecords(text: string): Line[] {
  return text.split('\n').flatMap((one, at) => {
    if (one.trim() === '') return [];
    const record = objectIn(one);
    if (!record) throw Problem.badRequest(`The file is no NDJSON: see line ${at + 1}.`);
    const texts = Object.entries(record).map(([name, value]) => [plainName(name), textOf(value)]);
    return [{ line: at + 1, record: Object.fromEntries(texts) as Record<string, string> }];
  });
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** "Landing page + query string" and "landing_page_query_string" are one name. */
function plainName(name: string): string {
  return name.trim().toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, ''); // prettier-ignore
}

function columnAmong<Means extends string>(
  names: readonly string[],
  known: Readonly<Record<Means, readonly string[]>>,
): { means: Means; column: string } | undefined {
  for (const means of Object.keys(known) as Means[]) {
    const column = known[means].find((name) => names.includes(name));
    if (column !== undefined) return { means, column };
  }
  return undefined;
}

function missing(found: { day: unknown; dimension: unknown; metric: unknown }): Problem {
  const wanted = [
    [found.day, 'no column with the day', 'a column "day" or "date"'],
    [found.dimension, 'no column to compare by', 'a column "utm_campaign", "utm_source" or "landing"'],
    [found.metric, 'no column with counts', 'a column "sessions" or "conversions"'],
  ] as const;
  const entries = wanted
    .filter(([column]) => !column)
    .map(([, detail, expected]) => ({ pointer: '', detail, expected }));
  return Problem.badRequest('The file can not be used.', entries);
}

function problem(line: number, detail: string, expected: string): ProblemEntry {
  return { pointer: '', detail: `line ${line}: ${detail}`, expected };
}

function dayOf(text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text.trim()) ?? [];
  const iso = `${year}-${month}-${day}`;
  // The database's calendar begins with the year 1.
  return parseDay(iso) === undefined || iso < '0001' ? undefined : iso;
}

function countOf(text: string): number | undefined {
  const plain = text.trim();
  return /^\d{1,12}(\.\d{1,6})?$/.test(plain) ? Number(plain) : undefined;
}
