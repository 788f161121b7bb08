import fc from 'fast-check';
import { FileReader, LONGEST_RECORD_BYTES, type ReadingState, type Unit } from './file-reader.js';
import type { ImportFormat, ImportMapping } from './mapping.js';
import { RecordSplitter } from './record-splitter.js';
import { RowReader, type Row } from './row.js';

/** Keeps the rows as they are read, in place of events. */
const mapping: ImportMapping = {
  key: 'test',
  says: 'a test',
  source: 'test',
  format: 'csv',
  columns: { order: ['Order'], value: ['Value'] },
  required: ['order'],
  groupBy: 'order',
  map: (rows) => ({ kind: 'bad', reason: 'rows', problem: JSON.stringify(rows) }),
};

function readerOf(
  state: ReadingState,
  { format = 'csv', isGrouped = false }: { format?: ImportFormat; isGrouped?: boolean } = {},
): FileReader {
  const { groupBy: _, ...ungrouped } = mapping;
  const reader = new RowReader(mapping.columns, new Map());
  return new FileReader(isGrouped ? mapping : ungrouped, format, reader, { shop: undefined }, state);
}

const BEGINNING: ReadingState = { bytes: 0, lines: 0, header: null };

function unitsOf(reader: FileReader, chunks: readonly Buffer[]): Unit[] {
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()];
}

const rowsOf = ({ mapped }: Unit): Row[] =>
  mapped.kind === 'bad' && mapped.reason === 'rows' ? (JSON.parse(mapped.problem) as Row[]) : [];

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const aField = fc.string({ unit: fc.constantFrom('a', 'ä', ',', '"', '\n', '\r\n', ' ', 'z'), maxLength: 8 });

describe('a file', () => {
  it('is read alike however it is cut, with the line of each row, and can be gone on with after each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('1', '2'), aField), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom('\n', '\r\n'),
        (rows, places, isGrouped, lineBreak) => {
          const text = ['Order,Value', ...rows.map(([order, value]) => `${order},${quoted(value)}`)].join(lineBreak);
          const bytes = Buffer.from(text);
          const units = unitsOf(readerOf(BEGINNING, { isGrouped }), cut(bytes, places));
          const read = units.flatMap(rowsOf);
          expect(read).toEqual(rows.map(([Order, Value]) => ({ Order, Value })));
          for (const [index, unit] of units.entries()) {
            expect(unit.lastLine).toBe(bytes.subarray(0, unit.end).toString().trimEnd().split('\n').length || 1);
            const header = { columns: ['Order', 'Value'], delimiter: ',' };
            const rest = readerOf({ bytes: unit.end, lines: unit.lastLine, header }, { isGrouped });
            expect(unitsOf(rest, [bytes.subarray(unit.end)])).toEqual(units.slice(index + 1));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('with a quote that is never closed loses that line alone', () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => `${n},value ${n}`);
    rows[7] = '7,"never closed';
    const units = unitsOf(readerOf(BEGINNING), [Buffer.from(['Order,Value', ...rows].join('\n'))]);
    expect(units.filter((unit) => rowsOf(unit).length === 0)).toMatchObject([
      { line: 9, lastLine: 9, mapped: { reason: 'not_csv' } },
    ]);
    expect(units).toHaveLength(30_000);
  });

  it('holds no more than a record and a chunk of a line that does not end', () => {
    const splitter = new RecordSplitter({ hasQuotes: false, mostBytes: LONGEST_RECORD_BYTES });
    const chunk = Buffer.alloc(65_536, 'x');
    for (let n = 0; n < 100; n++) expect(splitter.push(chunk)).toEqual([]);
    const held = (splitter as unknown as { held: Buffer }).held.length;
    expect(held).toBeLessThanOrEqual(LONGEST_RECORD_BYTES + chunk.length);
    expect(splitter.push(Buffer.from('\nnext'))).toMatchObject([{ line: 1, end: 6_553_601, bytes: undefined }]);
    expect(splitter.end()).toMatchObject([{ line: 2, bytes: Buffer.from('next') }]);
  });

  it.each([';', '\t', '|'])('may be divided by %j', (delimiter) => {
    const text = ['\uFEFFOrder,Value', '1,a'].join('\n').replaceAll(',', delimiter);
    expect(unitsOf(readerOf(BEGINNING), [Buffer.from(text)]).flatMap(rowsOf)).toEqual([{ Order: '1', Value: 'a' }]);
  });

  it('of another kind is refused at its header', () => {
    expect(() => readerOf(BEGINNING).push(Buffer.from('Name,Value\n1,2\n'))).toThrow(
      expect.objectContaining({ missing: [{ field: 'order', column: 'Order' }], columns: ['Name', 'Value'] }),
    );
  });

  it.each([
    ['not JSON', '{"a":'],
    ['a list', '[1]'],
    ['null', 'null'],
    ['not UTF-8', Buffer.from('{"a":"ÿ"}', 'latin1')],
  ])('has a line set aside that is %s', (_case, line) => {
    const bytes = Buffer.concat([Buffer.from(line), Buffer.from('\n{"order":"1"}')]);
    const units = unitsOf(readerOf(BEGINNING, { format: 'ndjson' }), [bytes]);
    expect(units).toMatchObject([{ line: 1, mapped: { reason: 'not_json' } }, { line: 2 }]);
    expect(rowsOf(units[1]!)).toEqual([{ order: '1' }]);
  });

  it('may begin with empty lines, and be empty', () => {
    expect(unitsOf(readerOf(BEGINNING), [])).toEqual([]);
    expect(unitsOf(readerOf(BEGINNING), [Buffer.from('\n\nOrder,Value\n\n1,a\n\n')])).toMatchObject([{ line: 5 }]);
  });
});
