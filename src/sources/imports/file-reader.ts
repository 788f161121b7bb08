import { isUtf8 } from 'node:buffer';
import { isJsonObject } from '../json-body.js';
import { delimiterOf } from '../../platform/csv.js';
import { parseCsv } from './csv.js';
import type { ImportFormat, ImportMapping, Mapped, MappingOptions } from './mapping.js';
import { RecordSplitter, type FileRecord } from './record-splitter.js';
import { RowReader, type Row } from './row.js';

/** What a row, or several that belong together, are read as, and where they end. */
export interface Unit {
  /** The first and last line, counted from 1. */
  line: number;
  lastLine: number;
  /** The offset of the byte after it. */
  end: number;
  bytes: Buffer;
  mapped: Mapped;
}

/** Where to go on in a file that was read in part. */
export interface ReadingState {
  bytes: number;
  lines: number;
  /** Of CSV, once its first line was read. */
  header: { columns: readonly string[]; delimiter: string } | null;
}

/** The header of a file that is not of the kind that it was said to be. */
export class WrongFile extends Error {
  constructor(
    readonly missing: readonly { field: string; column: string }[],
    readonly columns: readonly string[],
  ) {
    super('The file lacks columns that are needed.');
  }
}

export const LONGEST_RECORD_BYTES = 262_144;
const MOST_ROWS_TOGETHER = 1_000;

type ReadRow = { record: FileRecord } & ({ row: Row } | { bad: Extract<Mapped, { kind: 'bad' }> });

/** Reads a file of rows as it comes, from where it was left off. Holds a few rows at most. */
export class FileReader {
  private readonly splitter: RecordSplitter;
  private readonly together: ReadRow[] = [];
  private header: ReadingState['header'];

  constructor(
    private readonly mapping: ImportMapping,
    private readonly format: ImportFormat,
    private readonly reader: RowReader,
    private readonly options: MappingOptions,
    state: ReadingState,
  ) {
    const at = { line: state.lines + 1, offset: state.bytes };
    this.splitter = new RecordSplitter({ hasQuotes: format === 'csv', mostBytes: LONGEST_RECORD_BYTES }, at);
    this.header = state.header;
  }

  /** Known once the first line of CSV was read. */
  get readHeader(): ReadingState['header'] {
    return this.header;
  }

  /** Throws {@link WrongFile}. */
  push(chunk: Buffer): Unit[] {
    return this.unitsOf(this.rowsOf(this.splitter.push(chunk)));
  }

  /** What is left at the end of the file. Throws {@link WrongFile}. */
  end(): Unit[] {
    const units = this.unitsOf(this.rowsOf(this.splitter.end()));
    return this.together.length > 0 ? [...units, this.closeGroup()] : units;
  }

  private rowsOf(records: readonly FileRecord[]): ReadRow[] {
    const filled = records.filter((record) => record.bytes === undefined || !isBlank(record.bytes));
    if (this.format === 'ndjson') return filled.map((record) => ndjsonRow(record));
    if (this.header) return this.csvRows(filled, this.header);
    const [first, ...rest] = filled;
    if (!first) return [];
    this.header = headerOf(first);
    this.refuseWrongFile(this.header.columns);
    return this.csvRows(rest, this.header);
  }

  private refuseWrongFile(columns: readonly string[]): void {
    const row = Object.fromEntries(columns.map((column) => [column, 'given']));
    const missing = this.mapping.required.filter((field) => this.reader.value(row, field) === undefined);
    if (missing.length === 0) return;
    throw new WrongFile(
      missing.map((field) => ({ field, column: this.reader.nameOf(field) })),
      columns,
    );
  }

  private csvRows(
    records: readonly FileRecord[],
    { columns, delimiter }: NonNullable<ReadingState['header']>,
  ): ReadRow[] {
    const whole = records.filter((record) => record.bytes !== undefined);
    const parsed = parseCsv(
      whole.map((record) => record.bytes!),
      delimiter,
    );
    const fieldsOf = new Map(whole.map((record, index) => [record, parsed[index]]));
    return records.map((record): ReadRow => {
      if (record.bytes === undefined) return { record, bad: TOO_LONG };
      const fields = fieldsOf.get(record);
      if (!fields) return { record, bad: NOT_CSV };
      if (fields.length !== columns.length) {
        const problem = `the line has ${fields.length} fields: expected ${columns.length}, as the header has`;
        return { record, bad: { kind: 'bad', reason: 'wrong_shape', problem } };
      }
      return { record, row: Object.fromEntries(columns.map((column, index) => [column, fields[index]])) };
    });
  }

  private unitsOf(rows: readonly ReadRow[]): Unit[] {
    const { groupBy } = this.mapping;
    if (groupBy === undefined) return rows.map((row) => this.unitOf([row]));
    const units: Unit[] = [];
    for (const row of rows) {
      const [first] = this.together;
      const isMore = first && this.keyOf(row) !== undefined && this.keyOf(row) === this.keyOf(first);
      if (first && (!isMore || this.together.length >= MOST_ROWS_TOGETHER)) units.push(this.closeGroup());
      this.together.push(row);
    }
    return units;
  }

  private keyOf(one: ReadRow): string | undefined {
    return 'row' in one ? this.reader.text(one.row, this.mapping.groupBy!) : undefined;
  }

  private closeGroup(): Unit {
    return this.unitOf(this.together.splice(0));
  }

  private unitOf(rows: readonly ReadRow[]): Unit {
    const first = rows[0]!;
    const { record: last } = rows.at(-1)!;
    const read = rows.flatMap((one) => ('row' in one ? [one.row] : []));
    return {
      line: first.record.line,
      lastLine: last.line + last.lines - 1,
      end: last.end,
      bytes: Buffer.concat(rows.flatMap(({ record }) => (record.bytes ? [record.bytes, Buffer.from('\n')] : []))),
      mapped: 'bad' in first ? first.bad : this.mapping.map(read, this.reader, this.options),
    };
  }
}

type Bad = Extract<Mapped, { kind: 'bad' }>;

const TOO_LONG: Bad = {
  kind: 'bad',
  reason: 'too_long',
  problem: `the line: expected at most ${LONGEST_RECORD_BYTES} bytes`,
};
const NOT_CSV: Bad = {
  kind: 'bad',
  reason: 'not_csv',
  problem: 'the line: expected CSV in UTF-8, quotes doubled in quotes',
};
const NOT_JSON: Bad = { kind: 'bad', reason: 'not_json', problem: 'the line: expected a JSON object in UTF-8' };

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function headerOf({ bytes }: FileRecord): NonNullable<ReadingState['header']> {
  const text = bytes?.toString() ?? '';
  const delimiter = delimiterOf(text);
  const [columns = []] = parseCsv([bytes ?? Buffer.alloc(0)], delimiter);
  return { columns: columns.map((column) => column.replace(/^\uFEFF/, '').trim()), delimiter };
}

function ndjsonRow(record: FileRecord): ReadRow {
  if (record.bytes === undefined) return { record, bad: TOO_LONG };
  if (!isUtf8(record.bytes)) return { record, bad: NOT_JSON };
  try {
    const value: unknown = JSON.parse(record.bytes.toString().replace(/^\uFEFF/, ''));
    return isJsonObject(value) ? { record, row: value } : { record, bad: NOT_JSON };
  } catch {
    return { record, bad: NOT_JSON }; // the parser's message quotes the line
  }
}
