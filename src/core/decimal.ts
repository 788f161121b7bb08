/** An exact decimal number: `units` × 10^−`scale`. */
export interface Decimal {
  units: bigint;
  scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** Bounded, so that no amount can be costly to reckon with. */
const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,18}))?$/;

/** Reads an amount such as `"149.90"` exactly; undefined for anything else, exponents and spaces included. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign = '', whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  return whole === undefined ? undefined : { units: BigInt(sign + whole + fraction), scale: fraction.length };
}

/** `1.5e+21` and `5e-324`: how JavaScript writes numbers far from one. */
const EXPONENT = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/;

/** The exact decimal that a value is: a number by its shortest notation, or text; undefined for anything else. */
export function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === 'string') return parseDecimal(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const [, sign = '', whole, fraction = '', exponent] = EXPONENT.exec(String(value)) ?? [];
  if (whole === undefined) return plainDecimal(String(value));
  const scale = fraction.length - Number(exponent);
  const units = BigInt(sign + whole + fraction);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

/** A number's text without an exponent; its digits may be more than a text from outside may have. */
function plainDecimal(text: string): Decimal {
  const [whole, fraction = ''] = text.split('.');
  return { units: BigInt(whole! + fraction), scale: fraction.length };
}

/** The exact product. */
export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** The exact sum, with as many decimal places as the more precise of the two. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = a.scale > b.scale ? a.scale : b.scale;
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

/** Adds an amount to one of some sums, such as that of its currency. */
export function addToSum(sums: Map<string, Decimal>, of: string, amount: Decimal): void {
  const sum = sums.get(of);
  sums.set(of, sum ? addDecimals(sum, amount) : amount);
}

/** Negative when `a` is less than `b`, positive when it is more, 0 when they are equal, however they are written. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const left = unitsAt(a, b.scale);
  const right = unitsAt(b, a.scale);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** With exactly `scale` decimal places: `{ units: -5n, scale: 2 }` → `"-0.05"`. */
export function decimalToString({ units, scale }: Decimal): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** With `wanted` decimal places, or as many as it has if these are more. */
function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return wanted <= scale ? units : units * 10n ** BigInt(wanted - scale);
}
