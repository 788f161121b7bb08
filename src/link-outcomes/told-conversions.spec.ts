import type { HistoryEvent } from '../core/history-event.js';
import { figuresOf } from '../link-reports/figures-of.js';
import { WINDOW_NAMES, WINDOW_SPANS } from '../link-reports/windows.js';
import { toldConversions, toldRefunds } from './told-conversions.js';

const T0 = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;
const LAST_WEEK = { window: '7d', credit: 'last' } as const;

function click(at: number, more: object = {}): HistoryEvent {
  const properties = {
    cta: 'cart',
    tracked_link: 'lRt2Rr1cUaU',
    campaign_id: 7,
    channel: 'email',
    actor_class: 'human',
  };
  return { id: `click-${at}`, name: 'click', occurredAt: at, properties: { ...properties, ...more } };
}

function purchase(at: number, more: object = {}, id = `purchase-${at}`): HistoryEvent {
  const properties = { order_id: 'o1', revenue: '59.90', currency: 'EUR', ...more };
  return { id, name: 'purchase', occurredAt: at, properties };
}

function told(events: HistoryEvent[], heard: Parameters<typeof toldConversions>[1] = LAST_WEEK) {
  return toldConversions(
    events.sort((a, b) => a.occurredAt - b.occurredAt),
    heard,
  ).map(({ payload }) => payload.kind === 'conversion' && payload.data);
}

describe('a purchase that is told', () => {
  it('is attributed to the call to action, the link and the campaign of a click', () => {
    const [outcome] = toldConversions([click(T0), purchase(T0 + 30 * HOUR)], LAST_WEEK);
    expect(outcome).toEqual({
      eventId: `purchase-${T0 + 30 * HOUR}`,
      includes: [],
      at: T0 + 30 * HOUR,
      payload: {
        kind: 'conversion',
        occurredAt: T0 + 30 * HOUR,
        data: {
          ...{ transaction_id: 'o1', value: 59.9, currency: 'EUR' },
          ...{ cta: 'cart', link: 'lRt2Rr1cUaU', campaign: 'campaign_id:7', channel: 'email' },
          ...{ attribution: 'last', attribution_window: '7d', hours_to_purchase: 30 },
        },
      },
    });
  });

  it.each([
    ['at the click', 0, 1],
    ['just within the window', 168 * HOUR - 1, 1],
    ['at its end', 168 * HOUR, 0],
    ['before the click', -1, 0],
  ])('is one %s', (_what, lag, count) => {
    expect(told([click(T0), purchase(T0 + lag)])).toHaveLength(count);
  });

  it('is the doing of the last click, or of the first one within the window', () => {
    const clicks = [
      click(T0 - 200 * HOUR, { cta: 'old' }),
      click(T0, { cta: 'first' }),
      click(T0 + HOUR, { cta: 'last' }),
    ];
    const events = [...clicks, purchase(T0 + 2 * HOUR)];
    expect(told(events)).toMatchObject([{ cta: 'last' }]);
    expect(told(events, { window: '7d', credit: 'first' })).toMatchObject([{ cta: 'first', attribution: 'first' }]);
    expect(told(events, { window: '14d', credit: 'first' })).toMatchObject([{ cta: 'old' }]);
    expect(told(events, { window: '1h', credit: 'first' })).toEqual([]);
  });

  it('never follows a machine', () => {
    expect(told([click(T0, { actor_class: 'machine' }), purchase(T0 + HOUR)])).toEqual([]);
    expect(told([click(T0, { actor_class: 'suspect' }), purchase(T0 + HOUR)])).toHaveLength(1);
  });

  it('is what is left of it, and none if nothing is', () => {
    const undone = (name: string, amount?: string): HistoryEvent => {
      const properties = { order_id: 'o1', ...(amount !== undefined && { amount }) };
      return { id: name, name, occurredAt: T0 + 2 * HOUR, properties };
    };
    const events = () => [click(T0), purchase(T0 + HOUR)];
    expect(told([...events(), undone('order_refunded', '9.90')])).toMatchObject([{ value: 50 }]);
    expect(told([...events(), undone('order_refunded', '59.90')])).toEqual([]);
    expect(told([...events(), undone('order_cancelled')])).toEqual([]);
  });

  it('is one for each order, however many sources tell of it', () => {
    const twice = [purchase(T0 + HOUR), purchase(T0 + 2 * HOUR), purchase(T0 + 3 * HOUR, { order_id: 7 })];
    expect(told([click(T0), ...twice])).toMatchObject([
      { transaction_id: 'o1', hours_to_purchase: 1 },
      { transaction_id: '7', hours_to_purchase: 3 },
    ]);
  });

  it('tells nothing that may be about somebody', () => {
    const personal = { utm_content: 'ada@example.com', template: 'ada%40example.com', email: 'ada@example.com' };
    const orders = [purchase(T0, { order_id: 'ada@example.com', email: 'ada@example.com' }, 'an-event')];
    expect(told([click(T0, personal), ...orders])).toMatchObject([{ transaction_id: 'an-event' }]);
    expect(JSON.stringify(told([click(T0, personal), ...orders]))).not.toContain('ada');
  });

  it('has no value where revenue or currency is not known', () => {
    for (const more of [{ revenue: undefined }, { currency: undefined }, { currency: 'Euro' }]) {
      const [data] = told([click(T0), purchase(T0, more)]);
      expect(data).not.toHaveProperty('value');
      expect(data).not.toHaveProperty('currency');
    }
  });

  it.each(WINDOW_NAMES.flatMap((window) => (['last', 'first'] as const).map((credit) => ({ window, credit }))))(
    'is counted by the reports on links, too: $window, $credit',
    ({ window, credit }) => {
      const lags = [HOUR / 2, ...WINDOW_SPANS.flatMap((span) => [span - 1, span])];
      const clicks = lags.map((lag, index) => click(T0 - lag, { cta: `cta-${index}` }));
      const events = [...clicks, purchase(T0)].sort((a, b) => a.occurredAt - b.occurredAt);
      const step = WINDOW_NAMES.indexOf(window);
      const counted = new Map<string, number>();
      for (const figure of figuresOf(events)) {
        if (figure.cut !== 'cta' || figure.kind !== `purchase.${credit}` || (figure.step ?? 0) > step) continue;
        const cta = String(figure.value[0]);
        counted.set(cta, (counted.get(cta) ?? 0) + (figure.conversions ?? 0));
      }
      const expected = [...counted].filter(([, count]) => count > 0).map(([cta]) => cta);
      expect(told(events, { window, credit }).map((data) => data && data['cta'])).toEqual(expected);
    },
  );
});

describe('what was taken back of a purchase that was told', () => {
  const undone = (name: string, at: number, amount?: string): HistoryEvent => {
    const properties = { order_id: 'o1', ...(amount !== undefined && { amount }) };
    return { id: `${name}-${at}`, name, occurredAt: at, properties };
  };
  const bought = [click(T0), purchase(T0 + HOUR)];
  const TOLD = `purchase-${T0 + HOUR}`;

  /** What is told after each further event, when all was told of that happened before. */
  function tellings(undoings: HistoryEvent[]) {
    const told = new Set<string>();
    return [[], ...undoings.map((_, index) => undoings.slice(0, index + 1))].map((known) => {
      const events = [...bought, ...known].sort((a, b) => a.occurredAt - b.occurredAt);
      const news = [...toldConversions(events, LAST_WEEK), ...toldRefunds(events, LAST_WEEK, told)].filter(
        ({ eventId }) => !told.has(eventId),
      );
      for (const { eventId, includes = [] } of news) [eventId, ...includes].forEach((id) => told.add(id));
      return news.map(({ at, payload }) => payload.kind === 'conversion' && [payload.data['value'], at]);
    });
  }

  it('is as much as went back, when it did, with what it was attributed to', () => {
    const events = [...bought, undone('order_refunded', T0 + 50 * HOUR, '9.90')];
    expect(toldRefunds(events, LAST_WEEK, new Set([TOLD]))).toEqual([
      {
        eventId: `order_refunded-${T0 + 50 * HOUR}`,
        at: T0 + 50 * HOUR,
        includes: [`order_refunded-${T0 + 50 * HOUR}`],
        payload: {
          kind: 'conversion',
          isRefund: true,
          occurredAt: T0 + 50 * HOUR,
          data: {
            ...{ transaction_id: 'o1', value: 9.9, currency: 'EUR' },
            ...{ cta: 'cart', link: 'lRt2Rr1cUaU', campaign: 'campaign_id:7', channel: 'email' },
            ...{ attribution: 'last', attribution_window: '7d', hours_to_purchase: 1 },
          },
        },
      },
    ]);
  });

  it('adds up to what was told of the purchase, whatever comes in which order', () => {
    const [part, more] = [T0 + 3 * HOUR, T0 + 2 * HOUR];
    const refunds = [undone('order_refunded', part, '9.90'), undone('order_refunded', more, '20.00')];
    expect(tellings([...refunds, undone('order_cancelled', T0 + 4 * HOUR)])).toEqual([
      [[59.9, T0 + HOUR]],
      [[9.9, part]],
      [[20, more]],
      [[30, T0 + 4 * HOUR]],
    ]);
    const whole = undone('order_refunded', part, '59.90');
    expect(tellings([whole, undone('order_cancelled', T0 + 4 * HOUR)])).toEqual([
      [[59.9, T0 + HOUR]],
      [[59.9, part]],
      [],
    ]);
  });

  it('is nothing of a purchase that was not told, nor what was off its value when it was told', () => {
    const refunded = [...bought, undone('order_refunded', T0 + 2 * HOUR, '9.90')];
    expect(toldRefunds(refunded, LAST_WEEK, new Set())).toEqual([]);
    const [outcome] = toldConversions(refunded, LAST_WEEK);
    const told = new Set([outcome!.eventId, ...outcome!.includes!]);
    expect(toldRefunds(refunded, LAST_WEEK, told)).toEqual([]);
  });

  it('has no value where the purchase had none, and is told of a whole one alone', () => {
    const unknown = [click(T0), purchase(T0 + HOUR, { revenue: undefined })];
    const told = new Set([TOLD]);
    expect(toldRefunds([...unknown, undone('order_refunded', T0 + 2 * HOUR, '1.00')], LAST_WEEK, told)).toEqual([]);
    const [outcome] = toldRefunds([...unknown, undone('order_cancelled', T0 + 2 * HOUR)], LAST_WEEK, told);
    expect(outcome!.payload).toMatchObject({ isRefund: true, data: { transaction_id: 'o1' } });
    expect(outcome!.payload).not.toHaveProperty('data.value');
  });
});
