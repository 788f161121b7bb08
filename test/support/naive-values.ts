import { Temporal } from 'temporal-polyfill';
import type { Amount, PropertyOperators, Scalar } from '../../src/core/rule.js';

/** An exact decimal: `units` of 10 to the minus `places`. */
export interface NaiveDecimal {
  units: bigint;
  places: number;
}

/** A finite number, or a decimal as text; anything else is undefined. */
export function naiveDecimal(value: unknown): NaiveDecimal | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? written(String(value)) : undefined;
  return typeof value === 'string' && /^-?\d{1,30}(\.\d{1,18})?$/.test(value) ? written(value) : undefined;
}

/** Reads what is written, such as "-12.50" or "1.5e-7". */
function written(text: string): NaiveDecimal {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const units = BigInt(whole + fraction);
  return places >= 0 ? { units, places } : { units: units * 10n ** BigInt(-places), places: 0 };
}

function unitsAt({ units, places }: NaiveDecimal, morePlaces: number): bigint {
  return units * 10n ** BigInt(morePlaces - places);
}

/** Below zero if `a` is less, above if it is more. */
export function compared(a: NaiveDecimal, b: NaiveDecimal): number {
  const places = Math.max(a.places, b.places);
  const difference = unitsAt(a, places) - unitsAt(b, places);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function total(decimals: readonly NaiveDecimal[]): NaiveDecimal {
  const places = Math.max(0, ...decimals.map((one) => one.places));
  return { units: decimals.reduce((sum, one) => sum + unitsAt(one, places), 0n), places };
}

export function times(a: NaiveDecimal, b: NaiveDecimal): NaiveDecimal {
  return { units: a.units * b.units, places: a.places + b.places };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T[0-2]\d:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-][0-2]\d:[0-5]\d)$/;
const dates = new Map<string, number | undefined>();

/** The instant of a date in any of its forms; undefined for anything else, and for what is further away than dates go. */
export function naiveDate(value: unknown): number | undefined {
  if (typeof value === 'number') {
    const at = Math.floor(Math.abs(value) < 1e11 ? value * 1_000 : value);
    return Math.abs(at) <= 8.64e15 ? at : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (!dates.has(value)) dates.set(value, dateOfText(value));
  return dates.get(value);
}

export function isPlainDate(value: unknown): value is string {
  return typeof value === 'string' && DATE.test(value);
}

function dateOfText(text: string): number | undefined {
  const full = isPlainDate(text) ? `${text}T00:00:00Z` : text;
  if (!DATE_TIME.test(full)) return undefined;
  try {
    return Temporal.Instant.from(full).epochMilliseconds;
  } catch {
    return undefined;
  }
}

/** The property with the whole name, else what the dots lead to. */
export function naiveRead(properties: unknown, path: string): unknown {
  if (Object.hasOwn(properties as object, path)) return (properties as Record<string, unknown>)[path];
  let value = properties;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

type Test<Operand> = (value: unknown, operand: Operand) => boolean;

const comparison =
  (fits: (order: number) => boolean): Test<Amount> =>
  (value, operand) => {
    const decimal = naiveDecimal(value);
    return decimal !== undefined && fits(compared(decimal, naiveDecimal(operand)!));
  };

const TESTS: { [Key in keyof Required<PropertyOperators>]: Test<NonNullable<PropertyOperators[Key]> | null> } = {
  equals: (value, operand) => value === operand,
  not: (value, operand) => value !== operand,
  in: (value, operand) => operand!.some((one) => one === value),
  notIn: (value, operand) => !operand!.some((one) => one === value),
  exists: (value, operand) => (value !== undefined) === operand,
  contains: (value, operand) =>
    Array.isArray(value)
      ? value.some((entry) => entry === operand)
      : typeof value === 'string' && typeof operand === 'string' && value.includes(operand),
  startsWith: (value, operand) => typeof value === 'string' && value.startsWith(operand!),
  endsWith: (value, operand) => typeof value === 'string' && value.endsWith(operand!),
  atLeast: comparison((order) => order >= 0) as Test<Amount | null>,
  atMost: comparison((order) => order <= 0) as Test<Amount | null>,
  above: comparison((order) => order > 0) as Test<Amount | null>,
  below: comparison((order) => order < 0) as Test<Amount | null>,
  before: (value, operand) => (naiveDate(value) ?? NaN) < naiveDate(operand)!,
  onOrAfter: (value, operand) => (naiveDate(value) ?? NaN) >= naiveDate(operand)!,
};

/** Whether a value, undefined if missing, passes a bare value or all the operators that are given. */
export function naivePasses(value: unknown, test: Scalar | PropertyOperators): boolean {
  if (typeof test !== 'object' || test === null) return value === test;
  return Object.entries(test).every(([key, operand]) => {
    const passes = TESTS[key as keyof PropertyOperators] as Test<unknown> | undefined;
    return passes === undefined || operand === undefined || passes(value, operand);
  });
}
