import { csvCell } from '../platform/csv.js';
import { IDENTIFIER_KINDS } from '../profiles/identifier.js';
import type { MemberRow } from './member-store.js';

export type FileFormat = 'csv' | 'ndjson';

export const CONTENT_TYPES: Record<FileFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
};

const COLUMNS = ['profile_id', ...IDENTIFIER_KINDS, 'since', 'leaves_at'];

/** Members as a file, page by page: no more than a page is ever in memory. */
export async function* membersFile(pages: AsyncIterable<readonly MemberRow[]>, format: FileFormat) {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  for await (const page of pages) yield page.map(format === 'csv' ? csvLine : jsonLine).join('');
}

function jsonLine({ profileId, identifiers, since, leavesAt }: MemberRow): string {
  return `${JSON.stringify({ profileId, identifiers, since, leavesAt })}\n`;
}

function csvLine({ profileId, identifiers, since, leavesAt }: MemberRow): string {
  const cells = [
    profileId,
    ...IDENTIFIER_KINDS.map((kind) => identifiers[kind] ?? ''),
    since.toISOString(),
    leavesAt?.toISOString() ?? '',
  ];
  return `${cells.map(csvCell).join(',')}\r\n`;
}
