import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';

/** The fields of each record; undefined for one that is not CSV. */
export function parseCsv(records: readonly Buffer[], delimiter: string): (string[] | undefined)[] {
  const whole = parseTogether(records, delimiter);
  return whole ?? records.map((record) => parseTogether([record], delimiter)?.[0]);
}

/** Records that are right are parsed in one go; undefined when one of them isn't. */
function parseTogether(records: readonly Buffer[], delimiter: string): string[][] | undefined {
  if (!records.every((record) => isUtf8(record))) return undefined;
  const text = records.map((record) => record.toString()).join('\n');
  try {
    const rows = parse(text, { delimiter, relax_column_count: true, record_delimiter: '\n', bom: true });
    return rows.length === records.length ? rows : undefined;
  } catch {
    return undefined; // the error quotes the line
  }
}
