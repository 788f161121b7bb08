/**
 * The form of a value, as `{quarter}_{words}_{2026|2027}`: literal text, and slots in braces. No regular expression comes of
 * it when values are checked: each part is walked once over the places that the part before it reaches, so that the cost is
 * the product of the two lengths whatever the pattern.
 */
export interface SlotPattern {
  source: string;
  parts: readonly Part[];
}

type Part = { kind: 'text'; text: string } | { kind: 'choice'; texts: readonly string[] } | SlotPart;

interface SlotPart {
  kind: 'slot';
  name: SlotName;
  /** How many digits a number has; undefined: any. */
  digits: number | undefined;
}

type SlotName = keyof typeof SLOTS;

/** What each slot stands for: choices of one length, or runs of characters; as RE2 writes it; and an example. */
const SLOTS = {
  word: { says: 'letters and digits', example: 'sale', regex: '[A-Za-z0-9]+' },
  words: { says: 'words joined by the separator', example: 'summer%sale', regex: '[A-Za-z0-9]+(?:%[A-Za-z0-9]+)*' },
  number: { says: 'digits', example: '7', regex: '[0-9]+' },
  year: { says: 'a year, 2000 to 2099', example: '2026', regex: '20[0-9]{2}' },
  month: { says: 'a month, 01 to 12', example: '07', regex: '(?:0[1-9]|1[0-2])' },
  day: { says: 'a day, 01 to 31', example: '28', regex: '(?:0[1-9]|[12][0-9]|3[01])' },
  quarter: { says: 'q1 to q4', example: 'q3', regex: 'q[1-4]' },
  any: { says: 'any text', example: 'anything', regex: '.+' },
} as const;

const LONGEST_PATTERN = 200;
const MOST_CHOICES = 100;
/** What may stand outside of braces, and in choices. */
const LITERAL = /^[A-Za-z0-9 ._~:+-]*$/;

export type ParsedPattern = { pattern: SlotPattern } | { problem: string; expected: string };

export function parsePattern(source: string): ParsedPattern {
  const expected = `text with slots such as {words}: ${Object.entries(SLOTS)
    .map(([name, { says }]) => `{${name}} ${says}`)
    .join(', ')}, {number:4} four digits, {a|b} one of these`;
  const wrong = (problem: string) => ({ problem, expected });
  if (source === '') return wrong('the pattern is empty');
  if (source.length > LONGEST_PATTERN) return wrong(`a pattern has at most ${LONGEST_PATTERN} characters`);
  const parts: Part[] = [];
  for (const piece of source.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue;
    const part = piece.startsWith('{') && piece.endsWith('}') ? slotOf(piece.slice(1, -1)) : textOf(piece);
    if (typeof part === 'string') return wrong(part);
    parts.push(part);
  }
  return { pattern: { source, parts } };
}

/** Of a pattern that was checked when its schema was. */
export function patternOf(source: string): SlotPattern {
  const parsed = parsePattern(source);
  if ('pattern' in parsed) return parsed.pattern;
  throw new Error(`A pattern of the schema is not right: ${parsed.problem}.`);
}

function textOf(text: string): Part | string {
  return LITERAL.test(text) ? { kind: 'text', text } : `"${text}" is neither plain text nor a slot`;
}

function slotOf(inside: string): Part | string {
  if (inside.includes('|')) {
    const texts = inside.split('|');
    if (texts.length > MOST_CHOICES) return `a slot has at most ${MOST_CHOICES} choices`;
    const isRight = texts.every((text) => text !== '' && LITERAL.test(text));
    return isRight ? { kind: 'choice', texts } : `the choices of {${inside}} are not right`;
  }
  const [name = '', digits] = inside.split(':');
  if (!Object.hasOwn(SLOTS, name)) return `there is no slot {${inside}}`;
  const count = digits === undefined ? undefined : Number(digits);
  const isRight = count === undefined || (name === 'number' && Number.isInteger(count) && count >= 1 && count <= 20);
  return isRight ? { kind: 'slot', name: name as SlotName, digits: count } : `there is no slot {${inside}}`;
}

/** Whether a text is of the form; upper and lower case are alike. */
export function patternMatches({ parts }: SlotPattern, text: string, separator: string): boolean {
  const folded = text.toLowerCase();
  let reached = new Set([0]);
  for (const part of parts) {
    const next = new Set<number>();
    for (const end of endsOf(part, folded, reached, separator.toLowerCase())) next.add(end);
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(folded.length);
}

/** Where a part ends that begins at one of these places. */
function* endsOf(part: Part, text: string, from: ReadonlySet<number>, separator: string): Generator<number> {
  if (part.kind !== 'slot') {
    for (const choice of part.kind === 'text' ? [part.text] : part.texts) {
      const folded = choice.toLowerCase();
      for (const at of from) if (text.startsWith(folded, at)) yield at + folded.length;
    }
    return;
  }
  const fixed = FIXED[part.name];
  if (fixed) {
    for (const at of from) if (fixed.test(text.slice(at, at + fixed.length))) yield at + fixed.length;
  } else if (part.digits !== undefined) {
    for (const at of from) if (isDigits(text.slice(at, at + part.digits), part.digits)) yield at + part.digits;
  } else yield* runEnds(part.name, text, from, separator);
}

const FIXED: Partial<Record<SlotName, { length: number; test(text: string): boolean }>> = {
  year: { length: 4, test: (text) => /^20\d\d$/.test(text) },
  month: { length: 2, test: (text) => /^(0[1-9]|1[0-2])$/.test(text) },
  day: { length: 2, test: (text) => /^(0[1-9]|[12]\d|3[01])$/.test(text) },
  quarter: { length: 2, test: (text) => /^q[1-4]$/.test(text) },
};

function isDigits(text: string, count: number): boolean {
  return text.length === count && /^\d+$/.test(text);
}

/** One walk over the text for all beginnings together: `inWord` says that some beginning leads here. */
function* runEnds(name: SlotName, text: string, from: ReadonlySet<number>, separator: string): Generator<number> {
  const isPart = name === 'number' ? /\d/ : /[a-z0-9]/;
  let inWord = false;
  let betweenWords = false;
  for (let at = Math.min(...from); at < text.length; at++) {
    const mayBegin: boolean = from.has(at) || betweenWords;
    const wasInWord: boolean = inWord;
    const canGoOn: boolean = wasInWord || mayBegin;
    betweenWords = false;
    if (name === 'any') inWord = canGoOn;
    else if (isPart.test(text[at]!)) inWord = canGoOn;
    else {
      inWord = false;
      betweenWords = name === 'words' && wasInWord && text[at] === separator;
    }
    if (inWord) yield at + 1;
  }
}

/** As RE2 writes it, for tools that take regular expressions: of the whole value. */
export function patternRegex({ parts }: SlotPattern, separator: string): string {
  const body = parts.map((part) => {
    if (part.kind === 'text') return quoted(part.text);
    if (part.kind === 'choice') return `(?:${part.texts.map(quoted).join('|')})`;
    if (part.digits !== undefined) return `[0-9]{${part.digits}}`;
    return SLOTS[part.name].regex.replaceAll('%', quoted(separator));
  });
  return `^${body.join('')}$`;
}

/** A value that is of the form. */
export function patternExample({ parts }: SlotPattern, separator: string): string {
  const texts = parts.map((part) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'choice') return part.texts[0]!;
    if (part.digits !== undefined) return '1234567890'.repeat(2).slice(0, part.digits);
    return SLOTS[part.name].example.replaceAll('%', separator);
  });
  return texts.join('');
}

/** What stands in a pattern as it is. */
export function patternLiterals({ parts }: SlotPattern): string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return [part.text];
    return part.kind === 'choice' ? part.texts : [];
  });
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');
}
