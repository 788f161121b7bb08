import { readFileSync } from 'node:fs';
import { FileReader } from '../../src/sources/imports/file-reader.js';
import { IMPORT_MAPPINGS } from '../../src/sources/imports/registry.js';
import { RowReader } from '../../src/sources/imports/row.js';
import { fencesIn } from '../support/doc-examples.js';

const document = readFileSync('docs/imports.md', 'utf8');
const files = fencesIn(document).filter(({ info }) => /^(ndjson|csv) /.test(info));

const NAMES: Record<string, string[]> = {
  'ndjson events': ['click', 'purchase', 'identify'],
  'csv events': ['click', 'click'],
  'csv shopify-orders': ['purchase', 'order_paid'],
  'csv customerio-metrics': ['email_delivered', 'click'],
  'csv customerio-deliveries': ['email_sent', 'email_delivered', 'click'],
};

describe('docs/imports.md', () => {
  it('shows a file of every kind', () => {
    expect(files.map(({ info }) => info).sort()).toEqual(Object.keys(NAMES).sort());
    expect(new Set(files.map(({ info }) => info.split(' ')[1]))).toEqual(
      new Set(IMPORT_MAPPINGS.map(({ key }) => key)),
    );
  });

  it.each(files.map((file) => [file.info, file.text] as const))('has in %s lines that are all used', (info, text) => {
    const [format, key] = info.split(' ') as ['ndjson' | 'csv', string];
    const mapping = IMPORT_MAPPINGS.find((one) => one.key === key)!;
    const rows = new RowReader(mapping.columns, new Map());
    const options = { shop: 'coffee.myshopify.com' };
    const reader = new FileReader(mapping, format, rows, options, { bytes: 0, lines: 0, header: null });
    const units = [...reader.push(Buffer.from(text)), ...reader.end()];
    const names = units.flatMap(({ mapped }) =>
      mapped.kind === 'events' ? mapped.events.map((event) => event.name) : [`not used: ${JSON.stringify(mapped)}`],
    );
    expect(names).toEqual(NAMES[info]);
  });

  it('names every field of every mapping', () => {
    for (const { key, columns } of IMPORT_MAPPINGS) {
      const row = document.split('\n').find((line) => line.startsWith(`| \`${key}\``))!;
      const [, , fields] = row.split('|');
      expect([...fields!.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(Object.keys(columns));
    }
  });
});
