import type { IncomingEvent } from '../../profiles/incoming-event.js';
import type { Columns, Row, RowReader } from './row.js';

export type ImportFormat = 'ndjson' | 'csv';

/** What a row, or the rows of one thing, mean. */
export type Mapped =
  { kind: 'events'; events: IncomingEvent[] } | { kind: 'skipped' } | { kind: 'bad'; reason: string; problem: string };

export interface MappingOptions {
  /** The shop's domain, where the file doesn't name it. */
  shop: string | undefined;
}

/** How the rows of a kind of file are read. Pure; adding one is a file with this declared value and a line in registry.ts. */
export interface ImportMapping {
  key: string;
  /** What the file is, for people. */
  says: string;
  /** Unless the caller names another. The same as of the live events, so that what is in both counts once. */
  source: string;
  format: ImportFormat;
  columns: Columns;
  /** Fields without which a file is no file of this kind. */
  required: readonly string[];
  needsShop?: boolean;
  /** The field by which rows that follow each other belong together. */
  groupBy?: string;
  /** Reads the rows of one thing; one row where nothing is grouped. Never throws. */
  map(rows: readonly Row[], reader: RowReader, options: MappingOptions): Mapped;
}
