import { parseDuration, type Milliseconds } from './instant.js';
import type { RuleProblem, Scalar } from './rule.js';

/** Limits that a rule must keep, and the problems found so far. */
export interface ParseContext {
  /** Events older than this are gone, so no window may be longer. */
  retention: Milliseconds;
  problems: RuleProblem[];
  /** Nodes seen and how deep the present one lies; both bound what a hostile rule can cost. */
  nodes: number;
  depth: number;
}

/** The form of a JSON value: how to check it, and in words what would be right. */
export interface Shape<T> {
  expected: string;
  /** Reports every problem below `pointer`; the result is only to be used when there were none. */
  check(value: unknown, pointer: string, context: ParseContext): value is T & {};
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
function simple<T>(expected: string, holds: (value: unknown) => boolean): Shape<T> {
  return {
    expected,
    check: (value, pointer, context): value is T & {} =>
      holds(value) || report(context, pointer, `${describe(value)} is not allowed here`, expected),
  };
}

const LONGEST_TEXT = 500;

export const aText = simple<string>(
  `a text of 1 to ${LONGEST_TEXT} characters`,
  (value) => typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT,
);

export const aBoolean = simple<boolean>('true or false', (value) => typeof value === 'boolean');

export const aScalar = simple<Scalar>(
  'a text, a number, true, false or null',
  (value) =>
    value === null ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && value.length <= LONGEST_TEXT),
);

export const aCount = simple<number>(
  'a whole number from 0 to 10000',
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 10_000,
);

export function oneOf<T extends string>(...values: T[]): Shape<T> {
  const expected = `one of ${values.map((value) => `"${value}"`).join(', ')}`;
  return simple<T>(expected, (value) => (values as unknown[]).includes(value));
}

/** A span such as `"30d"`, no longer than events are kept. */
export const aDuration: Shape<string> = {
  expected: 'a duration such as "30d", "36h", "90m", "45s" or "2w"',
  check(value, pointer, context): value is string {
    const span = parseDuration(value);
    if (span === undefined) return report(context, pointer, `${describe(value)} is not a duration`, this.expected);
    if (span <= context.retention) return true;
    const days = Math.floor(context.retention / 86_400_000);
    return report(context, pointer, `"${value as string}" is longer than events are kept`, `at most "${days}d"`);
  },
};

export function listOf<T>(item: Shape<T>, most: number): Shape<T[]> {
  const expected = `a list of 1 to ${most} entries, each ${item.expected}`;
  return {
    expected,
    check(value, pointer, context): value is T[] {
      if (!Array.isArray(value) || value.length === 0 || value.length > most) {
        return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      }
      return value.map((entry, index) => item.check(entry, pointerTo(pointer, index), context)).every(Boolean);
    },
  };
}

/** An object with named fields, none other than those. */
export function anObject<T>(
  expected: string,
  fields: { [Name in keyof T]-?: { shape: Shape<NonNullable<T[Name]>>; isRequired?: boolean } },
): Shape<T> {
  return {
    expected,
    check(value, pointer, context): value is T & {} {
      if (!isRecord(value)) return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      const unknown = Object.keys(value).filter((name) => !Object.hasOwn(fields, name));
      for (const name of unknown) {
        const known = Object.keys(fields).map((field) => `"${field}"`);
        report(context, pointerTo(pointer, name), `"${name}" is not known here`, `only ${known.join(', ')}`);
      }
      const names = Object.keys(fields) as (keyof T & string)[];
      const areRight = names.map((name) => {
        if (!Object.hasOwn(value, name)) {
          return (
            !fields[name].isRequired || report(context, pointer, `"${name}" is missing`, fields[name].shape.expected)
          );
        }
        return fields[name].shape.check(value[name], pointerTo(pointer, name), context);
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
    check(value, pointer, context): value is Record<string, T> {
      const names = isRecord(value) ? Object.keys(value) : [];
      if (names.length === 0 || names.length > most) {
        return report(context, pointer, `${describe(value)} is not allowed here`, expected);
      }
      const record = value as Record<string, unknown>;
      const areRight = names.map((name) => {
        const isNamed = name !== '' && name.length <= LONGEST_TEXT;
        if (!isNamed) report(context, pointerTo(pointer, name), 'the name is empty or too long', nameExpected);
        return item.check(record[name], pointerTo(pointer, name), context) && isNamed;
      });
      return areRight.every(Boolean);
    },
  };
}

/** A shape with one more thing to hold once the form is right. */
export function refined<T>(
  shape: Shape<T>,
  refine: (value: T, pointer: string, context: ParseContext) => boolean,
): Shape<T> {
  return {
    expected: shape.expected,
    check: (value, pointer, context): value is T & {} =>
      shape.check(value, pointer, context) && refine(value, pointer, context),
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
