import { click, DAY, event, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import type { HistoryEvent } from './history-event.js';

const replenish = plan({ performed: 'click', where: { cta: 'replenish' }, within: '30d' });

function valueAt(rule: ReturnType<typeof plan>, events: HistoryEvent[], asOf: number, startsAt?: number): string {
  return evaluate(rule, History.of(events, startsAt === undefined ? {} : { startsAt: () => startsAt }), asOf).value;
}

describe('performed', () => {
  it.each([
    [-1, 'false'],
    [0, 'true'],
    [1, 'true'],
    [30 * DAY - 1, 'true'],
    [30 * DAY, 'false'],
    [30 * DAY + 1, 'false'],
  ])('counts a click for a window of 30 days half-open: %i ms after it → %s', (offset, expected) => {
    expect(valueAt(replenish, [click(T0, { cta: 'replenish' })], T0 + offset)).toBe(expected);
  });

  it('says when the value changes: at the exact end of the window', () => {
    const history = History.of([click(T0, { cta: 'replenish' })]);
    expect(evaluate(replenish, history, T0 + DAY).nextChangeAt).toBe(T0 + 30 * DAY);
    expect(evaluate(replenish, history, T0 + 30 * DAY).nextChangeAt).toBeNull();
  });

  it('does not wake for a click whose expiry changes nothing', () => {
    const history = History.of([click(T0, { cta: 'replenish' }), click(T0 + 5 * DAY, { cta: 'replenish' })]);
    expect(evaluate(replenish, history, T0 + 6 * DAY).nextChangeAt).toBe(T0 + 35 * DAY);
  });

  it('counts an event ahead of time once asOf reaches it', () => {
    const history = History.of([click(T0 + 100, { cta: 'replenish' })]);
    expect(evaluate(replenish, history, T0)).toMatchObject({ value: 'false', nextChangeAt: T0 + 100 });
  });

  it('wants all properties on the same event', () => {
    const rule = plan({ performed: 'click', where: { cta: 'cart', offer: 'bundle' } });
    expect(valueAt(rule, [click(T0, { cta: 'cart' }), click(T0, { offer: 'bundle' })], T0)).toBe('false');
    expect(valueAt(rule, [click(T0, { cta: 'cart', offer: 'bundle' })], T0)).toBe('true');
  });

  it('counts the same event id once, and the first body stands', () => {
    const rule = plan({ performed: 'click', where: { cta: 'cart' }, count: { atLeast: 2 } });
    const twice = [click(T0, { cta: 'cart' }, 'a'), click(T0, { cta: 'cart' }, 'a')];
    expect(valueAt(rule, twice, T0)).toBe('false');
    const contradicting = [click(T0, { cta: 'other' }, 'a'), click(T0, { cta: 'cart' }, 'a')];
    expect(valueAt(plan({ performed: 'click', where: { cta: 'cart' } }), contradicting, T0)).toBe('false');
  });

  it.each([
    [{ atLeast: 2 }, [false, false, true, true]],
    [{ atMost: 1 }, [true, true, false, false]],
    [{ exactly: 0 }, [true, false, false, false]],
    [{ exactly: 2 }, [false, false, true, false]],
    [{ atLeast: 1, atMost: 2 }, [false, true, true, false]],
  ])('keeps the bounds %j for 0 to 3 events', (count, expected) => {
    const rule = plan({ performed: 'click', count, within: '7d' });
    const actual = [0, 1, 2, 3].map((n) =>
      valueAt(
        rule,
        Array.from({ length: n }, (_, i) => click(T0 + i)),
        T0 + 10,
      ),
    );
    expect(actual).toEqual(expected.map(String));
  });

  it.each([
    [{ in: ['a', 'b'] }, ['a', 'b']],
    [{ not: 'a' }, ['b', 'ab', 7, null, undefined]],
    [{ exists: true }, ['a', 'b', 'ab', 7, null]],
    [{ exists: false }, [undefined]],
    [{ startsWith: 'a' }, ['a', 'ab']],
    [{ endsWith: 'b' }, ['b', 'ab']],
    [{ contains: 'b' }, ['b', 'ab']],
    [{ equals: 7 }, [7]],
    [null, [null]],
  ])('tests a property by %j', (test, matching) => {
    const values = ['a', 'b', 'ab', 7, null, undefined];
    const rule = plan({ performed: 'click', where: { x: test } });
    const found = values.filter((x) => valueAt(rule, [click(T0, x === undefined ? {} : { x })], T0) === 'true');
    expect(found).toEqual(values.filter((x) => matching.includes(x as never)));
  });

  it('looks into nested objects by dots, and takes __proto__ for a name like any other', () => {
    const nested = plan({ performed: 'click', where: { 'a.b': 1 } });
    expect(valueAt(nested, [click(T0, { a: { b: 1 } })], T0)).toBe('true');
    const hostile = plan({ performed: 'click', where: { '__proto__.toString': { exists: true } } });
    expect(valueAt(hostile, [click(T0)], T0)).toBe('false');
  });

  it.each([
    [undefined, ['human', 'suspect', undefined]],
    ['strictHumans', ['human', undefined]],
    ['machines', ['machine']],
    ['anyone', ['human', 'suspect', 'machine', undefined]],
  ])('counts clicks by %s', (by, counted) => {
    const rule = plan({ performed: 'click', ...(by && { by }) });
    const actors = ['human', 'suspect', 'machine', undefined];
    const found = actors.filter((a) => valueAt(rule, [click(T0, a ? { actor_class: a } : {})], T0) === 'true');
    expect(found).toEqual(actors.filter((actor) => counted.includes(actor)));
  });

  describe('with data that start inside the window', () => {
    const start = T0;
    const never = plan({ performed: 'purchase', count: { exactly: 0 }, within: '30d' });

    it('does not know of "never" until the window is covered, and tells when it will', () => {
      const history = History.of([], { startsAt: () => start });
      const evaluation = evaluate(never, history, T0 + DAY);
      expect(evaluation).toMatchObject({ value: 'insufficient', isMember: false, settlesAt: T0 + 30 * DAY });
      expect(valueAt(never, [], T0 + 30 * DAY - 1, start)).toBe('insufficient');
      expect(valueAt(never, [], T0 + 30 * DAY, start)).toBe('true');
      expect(explain(never, history, T0 + DAY).missing).toContain('"purchase"');
    });

    it('knows what more data could not change', () => {
      expect(valueAt(never, [purchase(T0)], T0 + DAY, start)).toBe('false');
      expect(valueAt(replenish, [click(T0, { cta: 'replenish' })], T0 + DAY, start)).toBe('true');
    });

    it('never knows when the source has sent nothing at all', () => {
      expect(evaluate(never, History.of([], { startsAt: () => Infinity }), T0)).toMatchObject({
        value: 'insufficient',
        settlesAt: null,
      });
    });
  });
});

describe('a purchase', () => {
  const bought = plan({ performed: 'purchase', within: '30d' });
  const order = purchase(T0, { order_id: '7', revenue: '100.00' });

  it('ends with its cancellation', () => {
    const history = History.of([order, event('order_cancelled', T0 + DAY, { order_id: '7' })]);
    expect(evaluate(bought, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + DAY });
    expect(evaluate(bought, history, T0 + DAY).value).toBe('false');
  });

  it('ends when partial refunds reach its revenue, whatever order they came in', () => {
    const refunds = [
      event('order_refunded', T0 + 2 * DAY, { order_id: '7', amount: '99.99' }),
      event('order_refunded', T0 + 3 * DAY, { order_id: '7', amount: '0.01' }),
    ];
    for (const events of [
      [order, ...refunds],
      [...refunds.reverse(), order],
    ]) {
      expect(valueAt(bought, events, T0 + 3 * DAY - 1)).toBe('true');
      expect(valueAt(bought, events, T0 + 3 * DAY)).toBe('false');
    }
  });

  it('is left whole by a refund in a currency that is not its own', () => {
    const usd = { ...order, properties: { ...order.properties, currency: 'USD' } };
    const refund = (currency?: string) =>
      event('order_refunded', T0 + 1, { order_id: '7', amount: '2000', ...(currency && { currency }) });
    const spent = plan({ performed: 'purchase', sum: { property: 'revenue', currency: 'USD', exactly: '100.00' } });
    for (const rule of [bought, spent]) {
      expect(valueAt(rule, [usd, refund('JPY')], T0 + 2)).toBe('true');
      expect(valueAt(rule, [usd, refund('USD')], T0 + 2)).toBe('false');
      expect(valueAt(rule, [usd, refund()], T0 + 2)).toBe('false');
    }
  });

  it('whose order nobody names is not undone by what names no order either', () => {
    const bare = purchase(T0, { revenue: '100.00' });
    const spent = plan({ performed: 'purchase', sum: { property: 'revenue', currency: null, exactly: '100.00' } });
    const nameless = [{}, { order_id: null }, { order_id: '' }, { order_id: {} }];
    for (const order of nameless) {
      const undone = [
        event('order_refunded', T0 + 1, { ...order, amount: '40.00' }),
        event('order_refunded', T0 + 2, { ...order, amount: '60.00' }),
        event('order_cancelled', T0 + 3, order),
      ];
      for (const one of [bare, purchase(T0, { ...order, revenue: '100.00' })]) {
        expect(valueAt(bought, [one, ...undone], T0 + 4)).toBe('true');
        expect(valueAt(spent, [one, ...undone], T0 + 4)).toBe('true');
      }
    }
    const cancelled = event('order_cancelled', T0 + 3, { order_id: 7 });
    expect(valueAt(bought, [order, cancelled], T0 + 4)).toBe('false');
  });

  it('still counts gross, and is not touched by the end of another order', () => {
    const gross = plan({ performed: 'purchase', within: '30d', gross: true });
    expect(valueAt(gross, [order, event('order_cancelled', T0 + 1, { order_id: '7' })], T0 + 2)).toBe('true');
    expect(valueAt(bought, [order, event('order_cancelled', T0 + 1, { order_id: '8' })], T0 + 2)).toBe('true');
  });
});
