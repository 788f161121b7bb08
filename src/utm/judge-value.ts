import { closest, distance } from 'fastest-levenshtein';
import { SEPARATORS, type KeyRule } from './utm-schema.js';
import { patternExample, patternMatches } from './slot-pattern.js';

/** What can be wrong with a value, and with how a link carries it. */
export type FindingKind =
  | 'missing'
  | 'unknown-value'
  | 'case'
  | 'separator'
  | 'too-long'
  | 'empty'
  | 'encoded-twice'
  | 'repeated'
  | 'key-spelling'
  | 'unknown-key'
  | 'in-fragment'
  | 'not-a-url';

export interface ValueProblem {
  kind: FindingKind;
  detail: string;
  /** What would be right. */
  expected: string;
  /** The nearest right value; null where none is near. */
  suggestion: string | null;
}

/** What is wrong with a value of a key; nothing if it is right. */
export function judgeValue(rule: KeyRule, value: string): ValueProblem[] {
  const expected = expectedOf(rule);
  if (value === '') {
    return [{ kind: 'empty', detail: `${rule.key} has no value`, expected, suggestion: onlyValue(rule) }];
  }
  if (value.length > rule.maxLength) {
    const detail = `${rule.key} has ${value.length} characters`;
    return [{ kind: 'too-long', detail, expected: `at most ${rule.maxLength} characters`, suggestion: null }];
  }
  if (isRight(rule, value)) return [];
  const plain = decodedAgain(value);
  const suggestion = respelled(rule, plain);
  if (suggestion === undefined) return [unknownValue(rule, value, plain)];
  return deviations(value, plain, suggestion).map((kind) => ({
    kind,
    detail: `${rule.key} is "${shown(value)}": ${SAYS[kind]}`,
    expected,
    suggestion,
  }));
}

type Deviation = 'encoded-twice' | 'case' | 'separator';

const SAYS: Record<Deviation, string> = {
  'encoded-twice': 'it was percent-encoded twice',
  case: 'upper and lower case differ from the declared',
  separator: 'words are not separated as declared',
};

/** In which ways a value differs from one that is meant. */
function deviations(value: string, plain: string, meant: string): Deviation[] {
  const kinds: Deviation[] = [];
  if (plain !== value) kinds.push('encoded-twice');
  if (bare(plain) !== bare(meant)) kinds.push('case');
  if (plain.toLowerCase() !== meant.toLowerCase()) kinds.push('separator');
  return kinds;
}

function isRight(rule: KeyRule, value: string): boolean {
  if (rule.allowed) return rule.allowed.includes(value);
  return isInCase(rule, value) && patternMatches(rule.pattern, value, rule.separator);
}

function isInCase({ case: letters }: KeyRule, value: string): boolean {
  return letters === 'any' || value === inCase(letters, value);
}

function inCase(letters: KeyRule['case'], value: string): string {
  if (letters === 'any') return value;
  return letters === 'lower' ? value.toLowerCase() : value.toUpperCase();
}

/** The right value that differs in case and separators alone; undefined where there is none. */
function respelled(rule: KeyRule, value: string): string | undefined {
  if (rule.allowed) return rule.allowed.find((one) => bare(one).toLowerCase() === bare(value).toLowerCase());
  const cased = inCase(rule.case, value);
  return [cased, separated(cased, rule.separator)].find((one) => isRight(rule, one));
}

const SEPARATING = new RegExp(`[${SEPARATORS.map((one) => `\\${one}`).join('')},;/|]+`, 'g');

function bare(value: string): string {
  return value.replace(SEPARATING, '');
}

function separated(value: string, separator: string): string {
  const spaced = value.replace(SEPARATING, ' ').trim();
  return spaced.replaceAll(' ', separator);
}

/** A value that still holds percent-encoding once it was decoded. */
function decodedAgain(value: string): string {
  if (!/%[0-9a-f]{2}/i.test(value)) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function unknownValue(rule: KeyRule, value: string, plain: string): ValueProblem {
  return {
    kind: 'unknown-value',
    detail: `${rule.key} is "${shown(value)}", which is not declared`,
    expected: expectedOf(rule),
    suggestion: rule.allowed ? nearest(rule.allowed, plain) : null,
  };
}

/** A value that a slip of the keyboard or two would explain. */
function nearest(allowed: readonly string[], value: string): string | null {
  const near = closest(
    value.toLowerCase(),
    allowed.map((one) => one.toLowerCase()),
  );
  const most = Math.max(1, Math.floor(near.length / 3));
  if (distance(value.toLowerCase(), near) > most) return null;
  return allowed.find((one) => one.toLowerCase() === near) ?? null;
}

const MOST_SHOWN = 10;

export function expectedOf({ allowed, pattern, separator, case: letters }: KeyRule): string {
  if (allowed) {
    const more = allowed.length > MOST_SHOWN ? ` or ${allowed.length - MOST_SHOWN} more` : '';
    return allowed.length === 1 ? `"${allowed[0]}"` : `one of ${allowed.slice(0, MOST_SHOWN).join(', ')}${more}`;
  }
  const example = inCase(letters, patternExample(pattern, separator));
  return `${pattern.source}${letters === 'any' ? '' : ` in ${letters} case`}, such as "${example}"`;
}

/** The value of a key that has no choice; null for any other. */
export function onlyValue({ allowed, pattern, case: letters, separator }: KeyRule): string | null {
  if (allowed) return allowed.length === 1 ? allowed[0]! : null;
  const isFixed = pattern.parts.every((part) => part.kind === 'text');
  return isFixed ? inCase(letters, patternExample(pattern, separator)) : null;
}

/** As much of a value as is passed on: it came from outside. */
export function shown(value: string): string {
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}
