import { click, DAY, event, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import type { HistoryEvent } from './history-event.js';

const eur = (revenue: unknown, at = T0): HistoryEvent => purchase(at, { revenue, currency: 'EUR', order_id: `${at}` });

function value(rule: object, events: HistoryEvent[], asOf = T0 + DAY, startsAt = -Infinity): string {
  const history = History.of(events, { startsAt: () => startsAt });
  return evaluate(plan({ performed: 'purchase', ...rule }), history, asOf).value;
}

describe('an aggregate', () => {
  it('adds decimals exactly', () => {
    const events = Array.from({ length: 10 }, (_, i) => eur('0.10', T0 + i));
    expect(value({ sum: { property: 'revenue', currency: 'EUR', exactly: '1' } }, events)).toBe('true');
    expect(value({ sum: { property: 'revenue', currency: 'EUR', above: 1 } }, events)).toBe('false');
    expect(value({ sum: { property: 'revenue', currency: 'EUR', atLeast: '1.0000' } }, events)).toBe('true');
  });

  it('divides nothing for an average', () => {
    const thirds = [eur('1', T0), eur('1', T0 + 1), eur('2', T0 + 2)];
    expect(value({ avg: { property: 'revenue', above: '1.333333333333333333' } }, thirds)).toBe('true');
    expect(value({ avg: { property: 'revenue', below: '1.333333333333333334' } }, thirds)).toBe('true');
  });

  it.each([
    ['min', { exactly: '-5' }],
    ['max', { exactly: 20 }],
    ['sum', { exactly: '25.50' }],
    ['avg', { exactly: '8.5' }],
  ])('has a %s', (kind, bounds) => {
    expect(
      value({ [kind]: { property: 'revenue', ...bounds } }, [eur('10.5'), eur(20, T0 + 1), eur('-5', T0 + 2)]),
    ).toBe('true');
  });

  it('passes over what is no number', () => {
    const events = [eur('10'), eur('ten', T0 + 1), eur(null, T0 + 2), eur(undefined, T0 + 3), eur(Number.NaN, T0 + 4)];
    expect(value({ avg: { property: 'revenue', exactly: 10 } }, events)).toBe('true');
  });

  it('of nothing: the sum is zero, the others are not', () => {
    expect(value({ sum: { property: 'revenue', atMost: 0 } }, [])).toBe('true');
    for (const kind of ['min', 'max', 'avg']) {
      expect(value({ [kind]: { property: 'revenue', atMost: 0 } }, [])).toBe('false');
      expect(value({ [kind]: { property: 'revenue', atLeast: 0 } }, [])).toBe('false');
    }
  });

  it('leaves with the events, each at its exact instant', () => {
    const rule = plan({ performed: 'purchase', within: '30d', sum: { property: 'revenue', atLeast: 200 } });
    const history = History.of([eur('100'), eur('100', T0 + 5 * DAY), eur('100', T0 + 9 * DAY)]);
    expect(evaluate(rule, history, T0)).toMatchObject({ value: 'false', nextChangeAt: T0 + 5 * DAY });
    expect(evaluate(rule, history, T0 + 5 * DAY)).toMatchObject({ value: 'true', nextChangeAt: T0 + 35 * DAY });
  });

  it('does not count a refunded order', () => {
    const refund = event('order_refunded', T0 + DAY, { order_id: `${T0}`, amount: '300' });
    const rule = { sum: { property: 'revenue', currency: 'EUR', atLeast: 300 } };
    expect(value(rule, [eur('300'), refund], T0 + DAY - 1)).toBe('true');
    expect(value(rule, [eur('300'), refund], T0 + DAY)).toBe('false');
    expect(value({ ...rule, gross: true }, [eur('300'), refund], T0 + DAY)).toBe('true');
  });

  describe('of revenue, of which a part was refunded', () => {
    const refund = (amount: unknown, at: number, order = T0): HistoryEvent =>
      event('order_refunded', at, { order_id: `${order}`, amount });
    const events = [eur('100.00'), eur('60', T0 + 1), refund('30.10', T0 + DAY), refund('19.90', T0 + 2 * DAY)];
    const exactly = (kind: 'sum' | 'avg' | 'min' | 'max', amount: string, at: number, gross = false): string =>
      value({ [kind]: { property: 'revenue', exactly: amount }, ...(gross && { gross }) }, events, at);

    it.each([
      ['sum', '160', '129.90', '110'],
      ['avg', '80', '64.95', '55'],
      ['min', '60', '60', '50'],
      ['max', '100', '69.9', '60'],
    ] as const)(
      'is the %s of what is left of it, from each refund on, to the millisecond',
      (kind, before, between, after) => {
        expect(exactly(kind, before, T0 + DAY - 1)).toBe('true');
        expect(exactly(kind, between, T0 + DAY)).toBe('true');
        expect(exactly(kind, between, T0 + 2 * DAY - 1)).toBe('true');
        expect(exactly(kind, after, T0 + 2 * DAY)).toBe('true');
        expect(exactly(kind, before, T0 + 3 * DAY, true)).toBe('true');
      },
    );

    it('changes when the refund happens, and says so beforehand', () => {
      const rule = plan({ performed: 'purchase', within: '30d', sum: { property: 'revenue', atLeast: 150 } });
      const history = History.of(events);
      expect(evaluate(rule, history, T0 + 1)).toMatchObject({ value: 'true', nextChangeAt: T0 + DAY });
      expect(evaluate(rule, history, T0 + DAY)).toMatchObject({ value: 'false' });
    });

    it('is less from the purchase on where the refund is dated before it', () => {
      const early = [eur('100'), refund('30', T0 - 1)];
      expect(value({ sum: { property: 'revenue', exactly: 70 } }, early, T0)).toBe('true');
    });

    it('is reduced by nothing else: another order, another property, an amount that is none', () => {
      const others = [eur('100'), refund('30', T0 + 1, 7), refund('x', T0 + 1), refund(undefined, T0 + 1)];
      expect(value({ sum: { property: 'revenue', exactly: 100 } }, others)).toBe('true');
      const subtotal = [purchase(T0, { order_id: `${T0}`, revenue: '100', subtotal: '90' }), refund('30', T0 + 1)];
      expect(value({ sum: { property: 'subtotal', exactly: 90 } }, subtotal)).toBe('true');
    });

    it('is gone with a full refund, and counts once more for nobody', () => {
      const rest = [...events, refund('50', T0 + 3 * DAY)];
      expect(value({ sum: { property: 'revenue', exactly: 60 } }, rest, T0 + 3 * DAY)).toBe('true');
      expect(value({ avg: { property: 'revenue', exactly: 60 } }, rest, T0 + 3 * DAY)).toBe('true');
    });
  });

  describe('of money', () => {
    const usd = purchase(T0 + 1, { revenue: '100', currency: 'USD', order_id: 'u' });

    it('never adds currencies blindly', () => {
      expect(value({ sum: { property: 'revenue', atLeast: 1 } }, [eur('100'), usd])).toBe('insufficient');
      expect(value({ sum: { property: 'revenue', currency: 'EUR', atLeast: 1 } }, [eur('100'), usd])).toBe(
        'insufficient',
      );
      expect(value({ sum: { property: 'revenue', atLeast: 1 } }, [usd])).toBe('true');
    });

    it('converts by the rates given, exactly', () => {
      const sum = { property: 'revenue', currency: 'EUR', rates: { USD: '0.925' }, exactly: '192.5' };
      expect(value({ sum }, [eur('100'), usd])).toBe('true');
    });

    it('adds whatever it is told is no money', () => {
      expect(value({ sum: { property: 'revenue', currency: null, exactly: 200 } }, [eur('100'), usd])).toBe('true');
    });

    it('says which currency is in the way', () => {
      const rule = plan({ performed: 'purchase', sum: { property: 'revenue', currency: 'EUR', atLeast: 1 } });
      expect(explain(rule, History.of([eur('100'), usd]), T0 + DAY).missing).toContain('"USD"');
      const withoutOne = purchase(T0, { revenue: '100', order_id: 'n' });
      expect(explain(rule, History.of([withoutOne]), T0 + DAY).missing).toContain('amounts in none');
      const mixed = plan({ performed: 'purchase', sum: { property: 'revenue', atLeast: 1 } });
      expect(explain(mixed, History.of([eur('100'), usd]), T0 + DAY).missing).toContain('"EUR", "USD"');
    });
  });

  it.each([
    ['sum', { atLeast: 10 }, 'true'],
    ['sum', { atLeast: 11 }, 'insufficient'],
    ['sum', { atMost: 10 }, 'insufficient'],
    ['sum', { below: 10 }, 'false'],
    ['sum', { exactly: 9 }, 'false'],
    ['sum', { exactly: 10 }, 'insufficient'],
    ['max', { above: 9 }, 'true'],
    ['max', { atMost: 9 }, 'false'],
    ['max', { atMost: 10 }, 'insufficient'],
    ['min', { atMost: 10 }, 'true'],
    ['min', { atLeast: 11 }, 'false'],
    ['min', { atLeast: 10 }, 'insufficient'],
    ['min', { exactly: 11 }, 'false'],
    ['avg', { atLeast: 1 }, 'insufficient'],
  ])('knows of an incomplete window only what more events could not change: %s %j is %s', (kind, bounds, expected) => {
    expect(value({ [kind]: { property: 'revenue', ...bounds } }, [eur('10')], T0 + DAY, T0)).toBe(expected);
  });

  it('trusts no sum in which something was taken away', () => {
    const events = [eur('10'), eur('-1', T0 + 1)];
    expect(value({ sum: { property: 'revenue', atLeast: 5 } }, events, T0 + DAY, T0)).toBe('insufficient');
  });

  it('counts different values', () => {
    const rule = (distinct: object) => plan({ performed: 'click', distinct: { property: 'product', ...distinct } });
    const history = History.of([
      click(T0, { product: 'a' }),
      click(T0, { product: 'a' }),
      click(T0, { product: 7 }),
      click(T0, { product: '7' }),
      click(T0, { product: null }),
      click(T0),
    ]);
    expect(evaluate(rule({ exactly: 4 }), history, T0).value).toBe('true');
    expect(evaluate(rule({ atMost: 3 }), history, T0).value).toBe('false');
    const incomplete = History.of([click(T0, { product: 'a' })], { startsAt: () => T0 });
    expect(evaluate(rule({ atMost: 3 }), incomplete, T0).value).toBe('insufficient');
    expect(evaluate(rule({ atLeast: 1 }), incomplete, T0).value).toBe('true');
  });
});

describe('the first or last event', () => {
  const on = (kind: 'first' | 'last', asked: object) => plan({ performed: 'purchase', [kind]: asked });
  const history = History.of([eur('10', T0), eur('20', T0 + 10 * DAY), eur('30', T0 + 20 * DAY)]);

  it('has an age', () => {
    const lapsed = on('last', { olderThan: '60d' });
    expect(evaluate(lapsed, history, T0 + 20 * DAY)).toMatchObject({ value: 'false', nextChangeAt: T0 + 80 * DAY });
    expect(evaluate(lapsed, history, T0 + 80 * DAY)).toMatchObject({ value: 'true', nextChangeAt: null });
    const fresh = on('first', { youngerThan: '5d' });
    expect(evaluate(fresh, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + 5 * DAY });
    expect(evaluate(fresh, history, T0 + 5 * DAY)).toMatchObject({ value: 'false', nextChangeAt: null });
  });

  it('has properties', () => {
    expect(evaluate(on('last', { where: { revenue: '30' } }), history, T0 + 20 * DAY).value).toBe('true');
    expect(evaluate(on('last', { where: { revenue: '30' } }), history, T0 + 19 * DAY).value).toBe('false');
    expect(evaluate(on('first', { where: { revenue: '10' } }), history, T0 + 20 * DAY).value).toBe('true');
  });

  it('is another when the first leaves the window', () => {
    const rule = plan({ performed: 'purchase', within: '15d', first: { where: { revenue: '20' } } });
    expect(evaluate(rule, history, T0 + 14 * DAY)).toMatchObject({ value: 'false', nextChangeAt: T0 + 15 * DAY });
    expect(evaluate(rule, history, T0 + 15 * DAY)).toMatchObject({ value: 'true', nextChangeAt: T0 + 25 * DAY });
  });

  it('of nothing is not', () => {
    expect(evaluate(on('last', { olderThan: '1d' }), History.of([]), T0).value).toBe('false');
  });

  it.each([
    ['last', { olderThan: '1d' }, 'true'],
    ['last', { youngerThan: '1d' }, 'false'],
    ['first', { olderThan: '1d' }, 'true'],
    ['first', { olderThan: '3d' }, 'insufficient'],
    ['first', { youngerThan: '1d' }, 'false'],
    ['first', { youngerThan: '3d' }, 'insufficient'],
    ['first', { olderThan: '1d', where: { revenue: '10' } }, 'insufficient'],
  ] as const)('in an incomplete window: %s %j is %s', (kind, asked, expected) => {
    const incomplete = History.of([eur('10')], { startsAt: () => T0 });
    expect(evaluate(on(kind, asked), incomplete, T0 + 2 * DAY).value).toBe(expected);
  });

  it('is unknown where none was seen in an incomplete window', () => {
    const nothing = History.of([], { startsAt: () => T0 });
    expect(evaluate(on('last', { olderThan: '1d' }), nothing, T0 + DAY).value).toBe('insufficient');
  });
});
