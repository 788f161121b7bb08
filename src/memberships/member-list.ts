import { parse } from 'csv-parse/sync';
import { delimiterOf } from '../platform/csv.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { identifier, IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from '../profiles/identifier.js';

const MOST_PROBLEMS = 20;
/** The apostrophe by which `csvCell` sets a text apart, such as a phone number. */
const SET_APART = /^'(?=[=+\-@])/;
const EXPECTED_LINE = 'an object such as {"customer_id": "42"} or {"email": "ada@example.com"}';

/**
 * Reads a list of people: NDJSON, an object of kind → value a line, or CSV with the kinds in its head. Each line gives the
 * identifiers of one, strongest first. Throws a 400 problem that names the lines that are wrong.
 */
export function readMemberList(text: string, format: 'csv' | 'ndjson'): Identifier[][] {
  const { entries, problems } = format === 'csv' ? readCsv(text) : readNdjson(text);
  if (problems.length > 0) throw Problem.badRequest('The list is not right.', problems.slice(0, MOST_PROBLEMS));
  return entries;
}

/** What a line gives under the names of kinds, and where it stands. */
interface Line {
  given: Record<string, unknown>;
  pointer: string;
}

interface ReadList {
  entries: Identifier[][];
  problems: ProblemEntry[];
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
    return { entries: [], problems: [problem] };
  }
  const [head, ...lines] = rows;
  const kinds = head?.record.map((cell) => cell.trim()) ?? [];
  if (!kinds.some(isKind)) {
    const detail = 'the first line names no kind of identifier';
    return {
      entries: [],
      problems: [{ pointer: head ? '/0' : '', detail, expected: `at least one of ${IDENTIFIER_KINDS.join(', ')}` }],
    };
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
    const found = IDENTIFIER_KINDS.flatMap((kind) => identifier(kind, given[kind]) ?? []);
    if (found.length > 0) entries.push(found);
    else problems.push({ pointer, detail: 'the line names nobody', expected: EXPECTED_LINE });
  }
  return { entries, problems };
}

function isKind(name: string): name is IdentifierKind {
  return (IDENTIFIER_KINDS as readonly string[]).includes(name);
}
