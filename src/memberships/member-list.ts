import { parse } from 'csv-parse/sync';
import { delimiterOf } from '../platform/csv.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import {
  identifier,
  IDENTIFIER_KINDS,
  isPlausible,
  type Identifier,
  type IdentifierKind,
} from '../profiles/identifier.js';

export const MOST_PROBLEMS = 20;
/** The apostrophe by which `csvCell` sets a text apart, such as a phone number. */
const SET_APART = /^'(?=[=+\-@])/;
const NOBODY = {
  detail: 'the line names nobody',
  expected: 'an object such as {"customer_id": "42"} or {"email": "ada@example.com"}',
};
const NOT_PLAUSIBLE: Partial<Record<IdentifierKind, typeof NOBODY>> = {
  email: { detail: 'the email is no address of one person', expected: 'one such as "ada@example.com"' },
  phone: { detail: 'the phone is no number', expected: 'one with its country such as "+4930555012"' },
};

/** Who stands in a list, the identifiers of each strongest first, and the lines that name nobody. */
export interface ReadList {
  entries: Identifier[][];
  /** Each by its line, as a pointer into the list. */
  problems: ProblemEntry[];
}

/**
 * Reads a list of people: NDJSON, an object of kind → value a line, or CSV with the kinds in its head. Throws a 400 problem
 * where it can't be read as such.
 */
export function readMemberList(text: string, format: 'csv' | 'ndjson'): ReadList {
  return format === 'csv' ? readCsv(text) : readNdjson(text);
}

/** A 400 problem that names the lines of a list that are wrong, the first of them. */
export function notRight(problems: readonly ProblemEntry[]): Problem {
  return Problem.badRequest('The list is not right.', problems.slice(0, MOST_PROBLEMS));
}

/** What a line gives under the names of kinds, and where it stands. */
interface Line {
  given: Record<string, unknown>;
  pointer: string;
}

function readNdjson(text: string): ReadList {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line, pointer: `/${index}` }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  return gather(filled.map(({ line, pointer }) => ({ given: objectIn(line), pointer })));
}

function objectIn(line: string): Record<string, unknown> {
  try {
    const { identifiers, ...given } = Object(JSON.parse(line)) as Record<string, unknown>;
    // As members are given out.
    return { ...given, ...(Object(identifiers) as Record<string, unknown>) };
  } catch {
    return {};
  }
}

function readCsv(text: string): ReadList {
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(text, {
      delimiter: delimiterOf(text.split('\n', 1)[0]!),
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as typeof rows;
  } catch (error) {
    const { lines = 1 } = error as { lines?: number }; // its message quotes the line
    const problem = {
      pointer: `/${lines - 1}`,
      detail: 'the line is no CSV',
      expected: 'fields quoted as RFC 4180 says',
    };
    throw notRight([problem]);
  }
  const [head, ...lines] = rows;
  const kinds = head?.record.map((cell) => cell.trim()) ?? [];
  if (!kinds.some(isKind)) {
    const detail = 'the first line names no kind of identifier';
    throw notRight([{ pointer: head ? '/0' : '', detail, expected: `at least one of ${IDENTIFIER_KINDS.join(', ')}` }]);
  }
  return gather(
    lines.map(({ record, info }) => ({
      given: Object.fromEntries(record.map((cell, index) => [kinds[index] ?? '', cell.replace(SET_APART, '')])),
      pointer: `/${info.lines - 1}`,
    })),
  );
}

/** Columns and fields of other names are nobody's identifiers, and passed over. */
function gather(lines: readonly Line[]): ReadList {
  const entries: Identifier[][] = [];
  const problems: ProblemEntry[] = [];
  for (const { given, pointer } of lines) {
    const named = IDENTIFIER_KINDS.flatMap((kind) => identifier(kind, given[kind]) ?? []);
    const plausible = named.filter(isPlausible);
    if (plausible.length > 0) entries.push(plausible);
    else problems.push({ pointer, ...((named[0] && NOT_PLAUSIBLE[named[0].kind]) ?? NOBODY) });
  }
  return { entries, problems };
}

function isKind(name: string): name is IdentifierKind {
  return (IDENTIFIER_KINDS as readonly string[]).includes(name);
}
