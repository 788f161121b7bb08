import { Problem, type ProblemEntry } from '../platform/problem.js';
import { identifier, IDENTIFIER_KINDS, type Identifier, type IdentifierKind } from '../profiles/identifier.js';

const MOST_PROBLEMS = 20;
const EXPECTED_LINE = 'an object such as {"customer_id": "42"} or {"email": "ada@example.com"}';

/**
 * Reads a list of people: NDJSON, an object of kind → value a line, or CSV with the kinds in its head. Each line gives the
 * identifiers of one, strongest first. Throws a 400 problem that names the lines that are wrong.
 */
export function readMemberList(text: string, format: 'csv' | 'ndjson'): Identifier[][] {
  const lines = text.split(/\r?\n/).map((line, index) => ({ text: line, pointer: `/${index}` }));
  const filled = lines.filter((line) => line.text.trim() !== '');
  const { entries, problems } = format === 'csv' ? readCsv(filled) : readNdjson(filled);
  if (problems.length > 0) throw Problem.badRequest('The list is not right.', problems.slice(0, MOST_PROBLEMS));
  return entries;
}

interface Line {
  text: string;
  pointer: string;
}

interface ReadList {
  entries: Identifier[][];
  problems: ProblemEntry[];
}

function readNdjson(lines: readonly Line[]): ReadList {
  return gather(lines, ({ text }) => {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  });
}

function readCsv([head, ...lines]: readonly Line[]): ReadList {
  const kinds = head ? cellsOf(head.text).map((cell) => cell.trim()) : [];
  if (!kinds.some(isKind)) {
    const detail = 'the first line names no kind of identifier';
    return {
      entries: [],
      problems: [{ pointer: head?.pointer ?? '', detail, expected: `at least one of ${IDENTIFIER_KINDS.join(', ')}` }],
    };
  }
  return gather(lines, ({ text }) =>
    Object.fromEntries(cellsOf(text).map((cell, index) => [kinds[index] ?? '', cell])),
  );
}

/** Columns and fields of other names are nobody's identifiers, and passed over. */
function gather(lines: readonly Line[], read: (line: Line) => Record<string, unknown> | undefined): ReadList {
  const entries: Identifier[][] = [];
  const problems: ProblemEntry[] = [];
  for (const line of lines) {
    const given = read(line) ?? {};
    const found = IDENTIFIER_KINDS.flatMap((kind) => identifier(kind, given[kind]) ?? []);
    if (found.length > 0) entries.push(found);
    else problems.push({ pointer: line.pointer, detail: 'the line names nobody', expected: EXPECTED_LINE });
  }
  return { entries, problems };
}

function isKind(name: string): name is IdentifierKind {
  return (IDENTIFIER_KINDS as readonly string[]).includes(name);
}

/** The cells of one line, as RFC 4180 quotes them; a cell can't hold a line break. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
