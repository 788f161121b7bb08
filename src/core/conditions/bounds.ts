import { addDecimals, compareDecimals, decimalOf, multiplyDecimals, type Decimal } from '../decimal.js';
import type { Bounds } from '../rule.js';
import { anAmount, report, type Fields, type ParseContext } from '../shape.js';
import type { Truth } from '../truth.js';

export const boundFields: Fields<Bounds> = {
  atLeast: { shape: anAmount },
  atMost: { shape: anAmount },
  above: { shape: anAmount },
  below: { shape: anAmount },
  exactly: { shape: anAmount },
};

const NAMES = ['atLeast', 'above', 'atMost', 'below', 'exactly'] as const;

export function checkBounds(bounds: Bounds, pointer: string, context: ParseContext): boolean {
  const isBound = NAMES.some((name) => bounds[name] !== undefined);
  return isBound || report(context, pointer, 'no bound is given', `one of "${NAMES.join('", "')}"`);
}

/** A bound on an exact decimal, with what it is worth where more may come to light. */
interface Bound {
  limit: Decimal;
  holds(order: number): boolean;
  /** A larger number may make it hold, a smaller one fail; `-1`: the other way round; `0`: neither. */
  direction: 1 | -1 | 0;
}

const DIRECTIONS: Record<(typeof NAMES)[number], [direction: Bound['direction'], holds: Bound['holds']]> = {
  atLeast: [1, (order) => order >= 0],
  above: [1, (order) => order > 0],
  atMost: [-1, (order) => order <= 0],
  below: [-1, (order) => order < 0],
  exactly: [0, (order) => order === 0],
};

/** Where an unknown rest may move a number: only up, only down, anywhere, or nowhere. */
export type Drift = 'up' | 'down' | 'any' | 'none';

/**
 * Judges a number, given as a sum of `number` parts, against the bounds: for an average the bounds are held against the sum
 * as often as there are parts, so that nothing is divided. With a drift only that is sure which the drift can't undo.
 */
export function compileBounds(bounds: Bounds): (sum: Decimal, parts: number, drift: Drift) => Truth {
  const compiled = NAMES.filter((name) => bounds[name] !== undefined).map((name): Bound => {
    const [direction, holds] = DIRECTIONS[name];
    return { limit: decimalOf(bounds[name])!, holds, direction };
  });
  return (sum, parts, drift) => {
    const times: Decimal = { units: BigInt(parts), scale: 0 };
    const truths = compiled.map((bound): Truth => {
      const order = compareDecimals(sum, multiplyDecimals(bound.limit, times));
      return judgeBound(bound, order, drift);
    });
    if (truths.includes('false')) return 'false';
    return truths.includes('insufficient') ? 'insufficient' : 'true';
  };
}

function judgeBound(bound: Bound, order: number, drift: Drift): Truth {
  const isHeld = bound.holds(order);
  if (drift === 'none') return isHeld ? 'true' : 'false';
  if (drift === 'any') return 'insufficient';
  const towards = drift === 'up' ? 1 : -1;
  if (bound.direction === 0) return order * towards > 0 ? 'false' : 'insufficient';
  if (bound.direction === towards) return isHeld ? 'true' : 'insufficient';
  return isHeld ? 'insufficient' : 'false';
}

const BOUND_WORDS: Record<(typeof NAMES)[number], string> = {
  atLeast: 'at least',
  atMost: 'at most',
  above: 'above',
  below: 'below',
  exactly: 'exactly',
};

/** `at least 200.00 EUR and below 500 EUR`. */
export function sayAmountBounds(bounds: Bounds, unit = ''): string {
  return NAMES.filter((name) => bounds[name] !== undefined)
    .map((name) => `${BOUND_WORDS[name]} ${bounds[name]}${unit && ` ${unit}`}`)
    .join(' and ');
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { units: -b.units, scale: b.scale });
}
