import { instantOf, parseDay, parseInstant } from './date.js';
import { compareDecimals, decimalOf } from './decimal.js';
import type { Amount, PropertyOperators, PropertyTest, Scalar } from './rule.js';

/** Whether a value, undefined where it is missing, is what a rule asks for. */
export type ValueTest = (value: unknown) => boolean;

export type OperatorName = keyof PropertyOperators;

/** Compiles a test once, for any number of values. */
export function compilePropertyTest(test: PropertyTest): ValueTest {
  if (typeof test !== 'object' || test === null) return (value) => value === test;
  const parts = (Object.keys(test) as OperatorName[]).map((name) => OPERATORS[name](test[name] as never));
  return parts.length === 1 ? parts[0]! : (value) => parts.every((holds) => holds(value));
}

/** The values of which one must be equal to the property's, where a test says so; for finding rules by event. */
export function valuesWanted(test: PropertyTest): readonly Scalar[] | undefined {
  if (typeof test !== 'object' || test === null) return [test];
  return test.equals === undefined ? test.in : [test.equals];
}

/** A missing property equals nothing, is not anything (`not` and `notIn` hold), and only `exists: false` finds it. */
const OPERATORS: { [Name in OperatorName]-?: (operand: NonNullable<PropertyOperators[Name]>) => ValueTest } = {
  equals: (operand: Scalar) => (value) => value === operand,
  not: (operand: Scalar) => (value) => value !== operand,
  in: (operands) => {
    const wanted = new Set<unknown>(operands);
    return (value) => wanted.has(value);
  },
  notIn: (operands) => {
    const unwanted = new Set<unknown>(operands);
    return (value) => !unwanted.has(value);
  },
  exists: (wanted) => (value) => (value !== undefined) === wanted,
  contains: (part: Scalar) => (value) => {
    if (Array.isArray(value)) return value.includes(part);
    return typeof value === 'string' && typeof part === 'string' && value.includes(part);
  },
  startsWith: (part) => (value) => typeof value === 'string' && value.startsWith(part),
  endsWith: (part) => (value) => typeof value === 'string' && value.endsWith(part),
  atLeast: (bound) => comparison(bound, (order) => order >= 0),
  atMost: (bound) => comparison(bound, (order) => order <= 0),
  above: (bound) => comparison(bound, (order) => order > 0),
  below: (bound) => comparison(bound, (order) => order < 0),
  before: (bound) => dateComparison(bound, (at, limit) => at < limit),
  onOrAfter: (bound) => dateComparison(bound, (at, limit) => at >= limit),
};

/** Exact: what is no number, or text that is no decimal, passes no comparison. */
function comparison(bound: Amount, holds: (order: number) => boolean): ValueTest {
  const limit = decimalOf(bound)!;
  return (value) => {
    // The order of two numbers is the order of their shortest notations.
    if (typeof value === 'number' && typeof bound === 'number') return Number.isFinite(value) && holds(value - bound);
    const decimal = decimalOf(value);
    return decimal !== undefined && holds(compareDecimals(decimal, limit));
  };
}

function dateComparison(bound: string, holds: (at: number, limit: number) => boolean): ValueTest {
  const limit = instantOf(bound)!;
  return (value) => {
    const at = instantOf(value);
    return at !== undefined && holds(at, limit);
  };
}

/** Whether a text may stand as the operand of a date comparison. */
export function isDateText(text: string): boolean {
  return parseDay(text) !== undefined || parseInstant(text) !== undefined;
}
