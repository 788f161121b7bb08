import { decimalOf } from './decimal.js';
import { parseDuration, type Milliseconds } from './instant.js';
import type { Amount, RuleProblem, Scalar } from './rule.js';

/** So much may stand in one rule: nodes and tests of properties together. It bounds what a hostile rule can cost. */
const MOST_NODES = 200;
const LONGEST_TEXT = 500;

/** Limits that a rule must keep, and the problems found so far. */
export class ParseContext {
  readonly problems: RuleProblem[] = [];
  /** How deep the present node lies, and how many events of a sequence stand before the present one. */
  depth = 0;
  sequenceLength = 0;
  private nodes = 0;

  /** `retention`: events older than this are gone, so no window may be longer. */
  constructor(readonly retention: Milliseconds) {}

  /** Counts nodes; false, and once a problem, when there are too many. */
  countNodes(number: number, pointer: string): boolean {
    const wereTooMany = this.nodes > MOST_NODES;
    this.nodes += number;
    if (this.nodes <= MOST_NODES) return true;
    if (!wereTooMany) {
      report(
        this,
        pointer,
        'the rule is too large',
        `at most ${MOST_NODES} conditions and tests of properties, the steps of sequences counted fivefold`,
      );
    }
    return false;
  }
}

/** The form of a value, as JSON Schema says it (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The form of a JSON value: how to check it, and in words what would be right. */
export interface Shape<T> {
  expected: string;
  schema: JsonSchema;
  /** Reports every problem below `pointer`; true if there was none, and the value is a `T`. */
  check(value: unknown, pointer: string, context: ParseContext): boolean;
  /** Ties the shape to its type; there is no such value. */
  readonly type?: T;
}

/** One step further in a JSON pointer (RFC 6901). */
export function pointerTo(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

export function report(context: ParseContext, pointer: string, problem: string, expected: string): false {
  context.problems.push({ pointer, problem, expected });
  return false;
}

/** A value judged by a predicate alone. */
function simple<T>(expected: string, schema: JsonSchema, holds: (value: unknown) => boolean): Shape<T> {
  return {
    expected,
    schema,
    check: (value, pointer, context) =>
      holds(value) || report(context, pointer, `${describe(value)} is not allowed here`, expected),
  };
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST_TEXT;

export const aText = simple<string>(
  `a text of 1 to ${LONGEST_TEXT} characters`,
  { type: 'string', minLength: 1, maxLength: LONGEST_TEXT },
  (value) => isShortText(value) && value !== '',
);

/** A text of a certain kind; what kind is said in words. */
export function textThat(expected: string, holds: (text: string) => boolean): Shape<string> {
  return simple(
    expected,
    { type: 'string', maxLength: LONGEST_TEXT, description: expected },
    (value) => isShortText(value) && holds(value),
  );
}

export const aBoolean = simple<boolean>('true or false', { type: 'boolean' }, (value) => typeof value === 'boolean');

export const aScalar = simple<Scalar>(
  'a text, a number, true, false or null',
  { type: ['string', 'number', 'boolean', 'null'] },
  (value) => value === null || typeof value === 'boolean' || Number.isFinite(value) || isShortText(value),
);

export const aNumberOfTimes = simple<number>(
  'a whole number from 0 to 10000',
  { type: 'integer', minimum: 0, maximum: 10_000 },
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000,
);

export const aPercentage = simple<number>(
  'a number from 0 to 100',
  { type: 'number', minimum: 0, maximum: 100 },
  (value) => typeof value === 'number' && value >= 0 && value <= 100,
);

export const anAmount = simple<Amount>(
  'a number, or a decimal such as "149.90"',
  { type: ['number', 'string'], pattern: '^-?[0-9]{1,30}([.][0-9]{1,18})?$' },
  (value) => decimalOf(value) !== undefined,
);

export function exactly<T extends boolean>(only: T): Shape<T> {
  return simple<T>(String(only), { const: only }, (value) => value === only);
}

export function oneOf<T extends string>(...values: T[]): Shape<T> {
  const expected = `one of ${values.map((value) => `"${value}"`).join(', ')}`;
  return simple<T>(expected, { enum: values }, (value) => (values as unknown[]).includes(value));
}

/** A span such as `"30d"`, no longer than events are kept. */
export const aDuration: Shape<string> = {
  expected: 'a duration such as "30d", "36h", "90m", "45s" or "2w"',
  schema: { type: 'string', pattern: '^[0-9]{1,9}[smhdw]$' },
  check(value, pointer, context) {
    const span = parseDuration(value);
    if (span === undefined) return report(context, pointer, `${describe(value)} is not a duration`, this.expected);
    if (span <= context.retention) return true;
    const days = Math.floor(context.retention / 86_400_000);
    return report(context, pointer, `"${value as string}" is longer than events are kept`, `at most "${days}d"`);
  },
};

const LONGEST_SPAN: Milliseconds = 36_525 * 86_400_000;

/** A span between a date and now: up to a hundred years, however long events are kept. */
export const aSpan: Shape<string> = {
  ...aDuration,
  check(value, pointer, context) {
    const span = parseDuration(value);
    if (span === undefined) return report(context, pointer, `${describe(value)} is not a duration`, this.expected);
    return span <= LONGEST_SPAN || report(context, pointer, `"${value as string}" is too long`, 'at most "36525d"');
  },
};

/** The value, or null. */
export function orNothing<T>(shape: Shape<T>): Shape<T | null> {
  return {
    expected: `${shape.expected}, or null`,
    schema: { anyOf: [shape.schema, { type: 'null' }] },
    check: (value, pointer, context) => value === null || shape.check(value, pointer, context),
  };
}

export function listOf<T>(item: Shape<T>, most: number): Shape<T[]> {
  const expected = `a list of 1 to ${most} entries, each ${item.expected}`;
  return {
    expected,
    schema: { type: 'array', items: item.schema, minItems: 1, maxItems: most },
    check(value, pointer, context) {
      if (!Array.isArray(value) || value.length === 0 || value.length > most) {
        return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      }
      return value.map((entry, index) => item.check(entry, pointerTo(pointer, index), context)).every(Boolean);
    },
  };
}

export function pairOf<T>(expected: string, item: Shape<T>): Shape<[T, T]> {
  const list = listOf(item, 2);
  return {
    expected,
    schema: { ...list.schema, minItems: 2 },
    check: (value, pointer, context) =>
      Array.isArray(value) && value.length !== 2
        ? report(context, pointer, `${value.length} entries are not allowed here`, expected)
        : list.check(value, pointer, context),
  };
}

/** The named fields of an object. */
export type Fields<T> = {
  [Name in keyof T]-?: { shape: Shape<Exclude<T[Name], undefined>>; isRequired?: boolean };
};

/** An object with named fields, none other than those. */
export function anObject<T>(expected: string, fields: Fields<T>): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const known = names.map((name) => `"${name}"`).join(', ');
  return {
    expected,
    schema: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, fields[name].shape.schema])),
      required: names.filter((name) => fields[name].isRequired),
      additionalProperties: false,
    },
    check(value, pointer, context) {
      if (!isRecord(value)) return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
      for (const name of unknown) {
        report(context, pointerTo(pointer, name), `"${name}" is not known here`, `only ${known}`);
      }
      const areRight = names.map((name) => {
        const { shape, isRequired } = fields[name];
        if (Object.hasOwn(value, name)) return shape.check(value[name], pointerTo(pointer, name), context);
        return !isRequired || report(context, pointer, `"${name}" is missing`, shape.expected);
      });
      return unknown.length === 0 && areRight.every(Boolean);
    },
  };
}

/** An object whose names are free and whose values share a form. */
export function aRecordOf<T>(item: Shape<T>, most: number, nameExpected: string): Shape<Record<string, T>> {
  const expected = `an object of 1 to ${most} entries: ${nameExpected} → ${item.expected}`;
  return {
    expected,
    schema: {
      type: 'object',
      additionalProperties: item.schema,
      propertyNames: aText.schema,
      minProperties: 1,
      maxProperties: most,
    },
    check(value, pointer, context) {
      const names = isRecord(value) ? Object.keys(value) : [];
      if (names.length === 0 || names.length > most) {
        return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      }
      const record = value as Record<string, unknown>;
      const areRight = names.map((name) => {
        const isNamed = name !== '' && isShortText(name);
        if (!isNamed) report(context, pointerTo(pointer, name), 'the name is empty or too long', nameExpected);
        return item.check(record[name], pointerTo(pointer, name), context) && isNamed;
      });
      return areRight.every(Boolean);
    },
  };
}

/** An object of one form, or else a value of the other. */
export function eitherOf<T>(expected: string, plain: Shape<T>, object: Shape<T>): Shape<T>;
export function eitherOf<T>(expected: string, plain: Shape<never>, object: Shape<never>): Shape<T>;
export function eitherOf<T>(expected: string, plain: Shape<T>, object: Shape<T>): Shape<T> {
  return {
    expected,
    schema: { anyOf: [plain.schema, object.schema] },
    check: (value, pointer, context) => (isRecord(value) ? object : plain).check(value, pointer, context),
  };
}

/** A shape with one more thing to hold once the form is right. */
export function refined<T>(
  shape: Shape<T>,
  refine: (value: T, pointer: string, context: ParseContext) => boolean,
): Shape<T> {
  return {
    ...shape,
    check: (value, pointer, context) => shape.check(value, pointer, context) && refine(value as T, pointer, context),
  };
}

/** A shape that contains itself; `name` is that of its definition in the schema. */
export function lazily<T>(name: string, shape: () => Shape<T>): Shape<T> {
  return {
    expected: 'a step as the one around it',
    schema: { $ref: `#/$defs/${name}` },
    check: (value, pointer, context) => shape().check(value, pointer, context),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a problem names it, cut short. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const json = JSON.stringify(value);
  return json.length <= 40 ? json : `${json.slice(0, 37)}…`;
}
