import ts from 'typescript';
import { EXCLUDED_NAMES } from './excluded.js';
import { OPERATORS, type Change } from './operators.js';

/** A source file with one small mistake planted. */
export interface Mutant extends Change {
  file: string;
  operator: string;
  line: number;
  /** The lines that are touched, as one line with single spaces. */
  before: string;
  /** The same with the mutation. */
  after: string;
}

/** Every simple mutant of a source text, in order of place; none that compiles to the same JavaScript as another. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const emitted = new Set([emit(text)]);
  return changesIn(source)
    .map(({ operator, change }) => ({ ...change, ...placeOf(source, change), file, operator }))
    .filter((mutant) => {
      const code = emit(mutated(text, mutant));
      return !emitted.has(code) && emitted.add(code);
    });
}

export function mutated(text: string, { start, end, replacement }: Change): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

interface NamedChange {
  operator: string;
  change: Change;
}

function changesIn(source: ts.SourceFile): NamedChange[] {
  const found: NamedChange[] = [];
  const visit = (node: ts.Node): void => {
    if (isWithoutCode(node) || isForPeople(node)) return;
    for (const { name, changesAt } of OPERATORS) {
      found.push(...changesAt(node).map((change) => ({ operator: name, change })));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.change.start - b.change.start);
}

function isWithoutCode(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node)
  );
}

function isForPeople(node: ts.Node): boolean {
  const isDeclaration =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isVariableDeclaration(node) ||
    ts.isPropertyAssignment(node);
  const name = isDeclaration && node.name && ts.isIdentifier(node.name) ? node.name.text : undefined;
  return name !== undefined && EXCLUDED_NAMES.some((excluded) => excluded.name.test(name));
}

function placeOf(source: ts.SourceFile, change: Change): Pick<Mutant, 'line' | 'before' | 'after'> {
  const { text } = source;
  const { line } = source.getLineAndCharacterOfPosition(change.start);
  const from = text.lastIndexOf('\n', change.start - 1) + 1;
  const to = (text + '\n').indexOf('\n', change.end);
  const inLines = { ...change, start: change.start - from, end: change.end - from };
  const before = text.slice(from, to);
  return { line: line + 1, before: inOneLine(before), after: inOneLine(mutated(before, inLines)) };
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function emit(text: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}
