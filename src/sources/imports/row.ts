import type { JsonObject } from '../json-body.js';

/** A row of a file: from CSV the texts by column, from NDJSON the values of the object. */
export type Row = JsonObject;

/** What each field that a mapping reads may be called in a file; the first that is there counts. */
export type Columns = Readonly<Record<string, readonly string[]>>;

/** Reads the fields of rows by the names that the caller gave, else by those that the mapping knows. */
export class RowReader {
  private readonly found = new Map<string, string | undefined>();

  constructor(
    private readonly columns: Columns,
    private readonly renamed: ReadonlyMap<string, string>,
  ) {}

  /** The text of a field; undefined where it is empty. Numbers become texts, objects nothing. */
  text(row: Row, field: string): string | undefined {
    const value = this.value(row, field);
    if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  /** What a field is called in this file. */
  nameOf(field: string): string {
    return this.renamed.get(field) ?? this.columns[field]?.[0] ?? field;
  }

  value(row: Row, field: string): unknown {
    const given = this.renamed.get(field);
    if (given !== undefined) return Object.hasOwn(row, given) ? row[given] : undefined;
    const known = this.found.get(field);
    if (known !== undefined && Object.hasOwn(row, known)) return row[known];
    const wanted = (this.columns[field] ?? [field]).map(plain);
    const name = Object.keys(row).find((column) => wanted.includes(plain(column)));
    this.found.set(field, name);
    return name === undefined ? undefined : row[name];
  }
}

/** `Created at`, `created_at` and `createdAt` are one name. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]/g, '');
}
