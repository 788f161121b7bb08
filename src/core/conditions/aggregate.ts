import type { Decimal } from '../decimal.js';
import type { Life } from '../history-event.js';
import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import { compileMatcher, type Matcher } from '../matcher.js';
import { netOfRefunds, REVENUE } from '../net-revenue.js';
import { propertyReader } from '../property.js';
import type { Aggregate, DistinctAggregate, PerformedRule } from '../rule.js';
import { anAmount, anObject, aRecordOf, aText, orNothing, refined, report, textThat, type Shape } from '../shape.js';
import { sweep, type Account } from '../sweep.js';
import type { Truth } from '../truth.js';
import { compileWindow, type Window } from '../window.js';
import { boundFields, checkBounds, compileBounds, sayAmountBounds, type Drift } from './bounds.js';
import { Amounts, amountReader, type ReadAmount } from './amounts.js';
import { judgeBy, type CompiledCondition } from './condition.js';
import { boundsOf, checkCount, completeFrom, countFields, judgeNumber } from './count.js';
import { counts, eventLeaf } from './event-leaf.js';
import { sayMissing, saySelector } from './event-selector.js';

const aCurrency = textThat('a currency of three letters, such as "EUR"', (text) => /^[A-Z]{3}$/.test(text));

export const anAggregate: Shape<Aggregate> = refined(
  anObject<Aggregate>('an object such as {"property": "revenue", "currency": "EUR", "atLeast": "200.00"}', {
    property: { shape: aText, isRequired: true },
    currency: { shape: orNothing(aCurrency) },
    rates: { shape: aRecordOf(anAmount, 200, 'currency') },
    ...boundFields,
  }),
  (value, pointer, context) => {
    const hasBase = value.rates === undefined || typeof value.currency === 'string';
    if (!hasBase) report(context, `${pointer}/rates`, 'there is no currency to convert to', '"currency" beside it');
    return checkBounds(value, pointer, context) && hasBase;
  },
);

export const aDistinct: Shape<DistinctAggregate> = refined(
  anObject<DistinctAggregate>('an object such as {"property": "product_id", "atLeast": 3}', {
    property: { shape: aText, isRequired: true },
    ...countFields,
  }),
  checkCount,
);

type Kind = 'sum' | 'min' | 'max' | 'avg';

/** What is reckoned with: amounts, how the result is had from them, and where an unknown rest may move it. */
interface Reckoning {
  /** The result as a sum of so many parts; undefined if there is none. */
  result: (amounts: Amounts) => { sum: Decimal; parts: number } | undefined;
  drift: (amounts: Amounts) => Drift;
}

const RECKONINGS: Record<Kind, Reckoning> = {
  // What is unseen is taken to be no less than nothing: revenue is, and a refund is an event of its own.
  sum: { result: ({ sum }) => ({ sum, parts: 1 }), drift: ({ negative }) => (negative > 0 ? 'any' : 'up') },
  min: { result: ({ least }) => one(least), drift: () => 'down' },
  max: { result: ({ largest }) => one(largest), drift: () => 'up' },
  avg: { result: ({ sum, number }) => (number === 0 ? undefined : { sum, parts: number }), drift: () => 'any' },
};

const one = (sum: Decimal | undefined): { sum: Decimal; parts: number } | undefined => sum && { sum, parts: 1 };

/**
 * The sum, least, most or average of a property over the matched events. Exact; currencies are never mixed. The revenue of
 * purchases is what refunds have left of it, unless the rule asks for gross.
 */
export function compileAggregate(rule: PerformedRule): CompiledCondition {
  const kind = kindOf(rule);
  const aggregate = rule[kind]!;
  const matcher = compileMatcher(rule);
  const window = compileWindow(rule);
  const keepsBounds = compileBounds(aggregate);
  const { result, drift } = RECKONINGS[kind];
  const readAmount = amountReader(aggregate);
  const isNetRevenue = matcher.isNet && aggregate.property === REVENUE;

  const judge = (amounts: Amounts, isComplete: boolean): Truth => {
    if (amounts.areMixed()) return 'insufficient';
    const reckoned = result(amounts);
    if (!reckoned) return isComplete ? 'false' : 'insufficient';
    return keepsBounds(reckoned.sum, reckoned.parts, isComplete ? 'none' : drift(amounts));
  };
  return eventLeaf({
    sentence: sayAggregate(rule),
    matcher,
    window,
    judge: judgeBy((history, since) => {
      const complete = completeFrom(history, matcher, window);
      const amounts = new Amounts(readAmount, kind === 'min' || kind === 'max');
      const lives = history.livesOf(matcher, window, since);
      return sweep(
        history.spanFrom(since),
        isNetRevenue ? netOfRefunds(lives, history.named('order_refunded'), since) : lives,
        [complete],
        accountOf(amounts, (at) => judge(amounts, at >= complete)),
      );
    }),
    missing: (history, asOf) => sayWhy(history, asOf, { matcher, window, readAmount, aggregate }),
  });
}

function accountOf(amounts: Amounts, state: (at: Instant) => Truth): Account<Truth> {
  return { enter: (life) => amounts.enter(life), leave: (life) => amounts.leave(life), state };
}

/** What keeps an aggregate from being known: amounts in other currencies, or a window that reaches back too far. */
function sayWhy(
  history: History,
  asOf: Instant,
  about: { matcher: Matcher; window: Window; readAmount: ReadAmount; aggregate: Aggregate },
): string {
  const lives = history.livesOf(about.matcher, about.window, asOf).filter((life) => counts(life, asOf));
  const read = lives.map((life) => about.readAmount(life.event));
  const unconvertible = new Set(read.flatMap((one) => (one && 'unconvertible' in one ? [one.unconvertible] : [])));
  if (unconvertible.size > 0) {
    return `there are amounts in ${[...unconvertible].join(', ')}, and no rate for ${about.aggregate.currency}`;
  }
  const currencies = new Set(read.flatMap((one) => (one && 'currency' in one ? [one.currency] : [])));
  if (currencies.size > 1)
    return `there are amounts in ${[...currencies].map((one) => one || 'none').join(', ')}; name one "currency"`;
  return sayMissing(history, about.matcher);
}

/** How many different values a property has over the matched events; in an incomplete window there may be more. */
export function compileDistinct(rule: PerformedRule): CompiledCondition {
  const distinct = rule.distinct!;
  const matcher = compileMatcher(rule);
  const window = compileWindow(rule);
  const bounds = boundsOf(distinct);
  const read = propertyReader(distinct.property);
  return eventLeaf({
    sentence: sayDistinct(rule),
    matcher,
    window,
    judge: judgeBy((history, since) => {
      const complete = completeFrom(history, matcher, window);
      const numbers = new Map<string, number>();
      const count = (life: Life, by: number): void => {
        const value = JSON.stringify(read(life.event.properties));
        if (value === undefined) return;
        const number = (numbers.get(value) ?? 0) + by;
        if (number === 0) numbers.delete(value);
        else numbers.set(value, number);
      };
      return sweep(history.spanFrom(since), history.livesOf(matcher, window, since), [complete], {
        enter: (life) => count(life, 1),
        leave: (life) => count(life, -1),
        state: (at) => judgeNumber(numbers.size, bounds, at >= complete),
      });
    }),
  });
}

function kindOf(rule: PerformedRule): Kind {
  return (['sum', 'min', 'max', 'avg'] as const).find((kind) => rule[kind])!;
}

const KIND_WORDS: Record<Kind, string> = { sum: 'sum of', min: 'lowest', max: 'highest', avg: 'average' };

/** `the sum of revenue over "purchase" in the last 365 days is at least 200.00 EUR (1 USD = 0.92 EUR)`. */
export function sayAggregate(rule: PerformedRule): string {
  const kind = kindOf(rule);
  const { property, currency, rates = {} } = rule[kind]!;
  const worth = Object.entries(rates).map(([other, rate]) => `1 ${other} = ${rate} ${currency}`);
  const over = `the ${KIND_WORDS[kind]} ${property} over ${saySelector(rule)}${compileWindow(rule).words}`;
  return `${over} is ${sayAmountBounds(rule[kind]!, currency ?? '')}${worth.length > 0 ? ` (${worth.join(', ')})` : ''}`;
}

/** `the number of different product_id over "click" in the last 30 days is at least 3`. */
export function sayDistinct(rule: PerformedRule): string {
  const { property, ...bounds } = rule.distinct!;
  return `the number of different ${property} over ${saySelector(rule)}${compileWindow(rule).words} is ${sayAmountBounds(bounds)}`;
}
