import ts from 'typescript';

/** A replacement of a part of a source text. */
export interface Change {
  start: number;
  end: number;
  replacement: string;
}

/** A kind of small mistake, and every way to make it at one node of the syntax tree. */
export interface Operator {
  name: string;
  changesAt(node: ts.Node): Change[];
}

const COMPARISONS: Record<string, string[]> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
};

const ARITHMETIC: Record<string, string[]> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '+=': ['-='],
  '-=': ['+='],
  '++': ['--'],
  '--': ['++'],
};

const LOGIC: Record<string, string[]> = { '&&': ['||'], '||': ['&&'] };

/** What a condition may say, and what it could be mistaken for: every wrong entry of a Kleene table is among these. */
const TRUTHS: Record<string, string[]> = {
  true: ['false', 'pending'],
  false: ['true', 'insufficient'],
  pending: ['insufficient', 'true', 'false'],
  insufficient: ['pending', 'true', 'false'],
};

const SWAPPED_METHODS: Record<string, string> = { some: 'every', every: 'some' };
const DROPPED_METHODS = ['slice', 'reverse', 'toReversed', 'filter', 'sort', 'toSorted'];
const SWAPPED_BOUNDS: Record<string, string> = { 'Math.min': 'Math.max', 'Math.max': 'Math.min' };

export const OPERATORS: readonly Operator[] = [
  { name: 'comparison', changesAt: (node) => tokenSwaps(node, COMPARISONS) },
  { name: 'arithmetic', changesAt: (node) => tokenSwaps(node, ARITHMETIC) },
  { name: 'and/or', changesAt: (node) => tokenSwaps(node, LOGIC) },
  { name: 'fallback dropped', changesAt: fallbackDropped },
  { name: 'boolean', changesAt: booleanFlipped },
  { name: 'number', changesAt: numberOff },
  { name: 'infinity', changesAt: infinityNegated },
  { name: 'min/max', changesAt: boundSwapped },
  { name: 'truth', changesAt: truthMistaken },
  { name: 'condition', changesAt: conditionNegated },
  { name: 'negation dropped', changesAt: negationDropped },
  { name: 'statement dropped', changesAt: statementDropped },
  { name: 'list method', changesAt: listMethodMistaken },
];

function replaced(node: ts.Node, ...replacements: string[]): Change[] {
  return replacements.map((replacement) => ({ start: node.getStart(), end: node.getEnd(), replacement }));
}

function tokenSwaps(node: ts.Node, swaps: Record<string, string[]>): Change[] {
  if (ts.isBinaryExpression(node)) {
    return replaced(node.operatorToken, ...(swaps[node.operatorToken.getText()] ?? []));
  }
  if (!ts.isPrefixUnaryExpression(node) && !ts.isPostfixUnaryExpression(node)) return [];
  const token = ts.tokenToString(node.operator)!;
  // A sign is no calculation: only counting up and down is.
  if (token.length < 2) return [];
  const start = ts.isPrefixUnaryExpression(node) ? node.getStart() : node.getEnd() - token.length;
  return (swaps[token] ?? []).map((replacement) => ({ start, end: start + token.length, replacement }));
}

function fallbackDropped(node: ts.Node): Change[] {
  const isFallback = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return isFallback ? [{ start: node.left.getEnd(), end: node.getEnd(), replacement: '' }] : [];
}

function booleanFlipped(node: ts.Node): Change[] {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return replaced(node, 'false');
  return node.kind === ts.SyntaxKind.FalseKeyword ? replaced(node, 'true') : [];
}

function numberOff(node: ts.Node): Change[] {
  if (!ts.isNumericLiteral(node) && !ts.isBigIntLiteral(node)) return [];
  if (isName(node)) return [];
  const suffix = ts.isBigIntLiteral(node) ? 'n' : '';
  // The compiler has taken separators and other bases out of `text`.
  const text = node.text.replace(/n$/, '');
  if (!/^\d+$/.test(text)) return replaced(node, String(Number(text) + 1));
  return replaced(node, `${text === '1' ? 0n : BigInt(text) + 1n}${suffix}`);
}

/** Whether a literal is the name of a property, not a value. */
function isName(node: ts.Node): boolean {
  return 'name' in node.parent && node.parent.name === node;
}

function infinityNegated(node: ts.Node): Change[] {
  if (!ts.isIdentifier(node) || node.text !== 'Infinity' || isName(node)) return [];
  const { parent } = node;
  const isNegative = ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.MinusToken;
  return isNegative ? replaced(parent, 'Infinity') : replaced(node, '-Infinity');
}

function boundSwapped(node: ts.Node): Change[] {
  if (!ts.isPropertyAccessExpression(node)) return [];
  const other = SWAPPED_BOUNDS[node.getText()];
  return other ? replaced(node, other) : [];
}

function truthMistaken(node: ts.Node): Change[] {
  if (!ts.isStringLiteral(node) || isName(node) || !Object.hasOwn(TRUTHS, node.text)) return [];
  return replaced(node, ...TRUTHS[node.text]!.map((truth) => `'${truth}'`));
}

function conditionNegated(node: ts.Node): Change[] {
  const condition = ts.isIfStatement(node) ? node.expression : ts.isConditionalExpression(node) ? node.condition : null;
  // The opposite of a comparison or of a negation is among the mutants of those.
  const isCovered =
    condition === null ||
    (ts.isBinaryExpression(condition) && condition.operatorToken.getText() in COMPARISONS) ||
    (ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken);
  return isCovered ? [] : replaced(condition, `!(${condition.getText()})`);
}

function negationDropped(node: ts.Node): Change[] {
  const isNegation = ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken;
  return isNegation ? replaced(node, node.operand.getText()) : [];
}

function statementDropped(node: ts.Node): Change[] {
  if (ts.isExpressionStatement(node)) {
    const isNeeded = ts.isStringLiteral(node.expression) || isSuperCall(node.expression);
    return isNeeded ? [] : replaced(node, ';');
  }
  const isExit =
    ts.isReturnStatement(node) ||
    ts.isContinueStatement(node) ||
    ts.isBreakStatement(node) ||
    ts.isThrowStatement(node);
  return isExit && isInsideIf(node) ? replaced(node, ';') : [];
}

function isSuperCall(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
}

function isInsideIf({ parent }: ts.Node): boolean {
  return ts.isIfStatement(ts.isBlock(parent) ? parent.parent : parent);
}

function listMethodMistaken(node: ts.Node): Change[] {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, questionDotToken } = node.expression;
  if (Object.hasOwn(SWAPPED_METHODS, name.text)) return replaced(name, SWAPPED_METHODS[name.text]!);
  // As a statement of its own the call is dropped by the operator for those.
  const isDropped = DROPPED_METHODS.includes(name.text) && !ts.isExpressionStatement(node.parent);
  const start = questionDotToken?.getStart() ?? name.getStart() - 1;
  return isDropped ? [{ start, end: node.getEnd(), replacement: '' }] : [];
}
