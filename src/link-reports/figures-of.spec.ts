import fc from 'fast-check';
import { addDecimals, decimalToString, parseDecimal } from '../core/decimal.js';
import type { HistoryEvent } from '../core/history-event.js';
import { DAY, event, HOUR, T0 } from '../../test/support/builders.js';
import { ATTRIBUTIONS, type Attribution } from './credits.js';
import type { Figure } from './figure.js';
import { figuresOf, GOALS, type Goal } from './figures-of.js';
import { WINDOW_NAMES, WINDOW_SPANS } from './windows.js';

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** A human's click on a CTA, with whatever else. */
const classed = (at: number, cta: string, more: Record<string, unknown> = {}) =>
  event('click', at, { cta, actor_class: 'human', ...more });

const bought = (at: number, order: string, revenue: string, currency = 'EUR') =>
  event('purchase', at, { order_id: order, revenue, currency });

/** The figures of a cut and a kind, without what says which they are. */
const figures = (events: readonly HistoryEvent[], cut: string, kind: string) =>
  figuresOf(events)
    .filter((one) => one.cut === cut && one.kind === kind)
    .map(({ cut: _cut, kind: _kind, ...rest }) => rest);

describe('what a profile adds to the figures', () => {
  it('counts clicks by class, and people once a day, a week from Monday on, and a month', () => {
    const friday = Date.UTC(2026, 0, 30, 12);
    const days = [friday, friday, friday + DAY, friday + 2 * DAY, friday + 3 * DAY, friday + 4 * DAY];
    const events = days.map((at) => classed(at, 'cart'));
    const robot = classed(friday, 'cart', { actor_class: 'machine' });
    const suspect = classed(friday, 'cart', { actor_class: 'suspect' });
    expect(figures([robot, suspect, ...events], 'cta', 'clicks')).toEqual([
      {
        day: '2026-01-30',
        value: ['cart'],
        machine: 1,
        suspect: 1,
        human: 2,
        clickers: 1,
        week_clickers: 1,
        month_clickers: 1,
      },
      { day: '2026-01-31', value: ['cart'], human: 1, clickers: 1 },
      { day: '2026-02-01', value: ['cart'], human: 1, clickers: 1, month_clickers: 1 },
      { day: '2026-02-02', value: ['cart'], human: 1, clickers: 1, week_clickers: 1 },
      { day: '2026-02-03', value: ['cart'], human: 1, clickers: 1 },
    ]);
    expect(figures([robot], 'total', 'clicks')).toEqual([{ day: '2026-01-30', value: [], machine: 1 }]);
  });

  it('counts a clicked delivery on the day it was delivered, once for each value, and where it came from', () => {
    const message = { delivery_id: 'd1', campaign_id: 7, action_id: 61, channel: 'email' };
    const events = [
      event('email_delivered', T0, message),
      event('email_delivered', T0 + 1, message),
      event('push_delivered', T0 + 2, { delivery_id: 'd2' }),
      classed(T0 + DAY, 'cart', { delivery_id: 'd1' }),
      classed(T0 + DAY + 1, 'cart', { delivery_id: 'd1' }),
      classed(T0 + DAY + 2, 'more', { delivery_id: 'unknown' }),
    ];
    expect(figures(events, 'deliveries', 'clicks')).toEqual([
      { day: dayOf(T0), value: ['campaign_id:7', '61', 'email'], deliveries: 1 },
      { day: dayOf(T0), value: [null, null, 'push'], deliveries: 1 },
    ]);
    expect(figures(events, 'origins', 'clicks')).toEqual([
      {
        day: '2026-03-01',
        value: ['cart', null, null, 'campaign_id:7', null, 'email', 'campaign_id:7', '61', 'email'],
        clicked: 1,
      },
    ]);
    expect(figures(events, 'cta', 'clicks').filter((one) => one.clicked)).toEqual([
      { day: dayOf(T0), value: ['cart'], clicked: 1 },
    ]);
    expect(figures(events, 'campaign', 'clicks')).toContainEqual(
      expect.objectContaining({ value: ['campaign_id:7'], human: 2 }),
    );
  });

  it('knows of purchases what is left of them, and of cancelled ones nothing', () => {
    const events = [
      classed(T0, 'cart'),
      bought(T0 + HOUR, '1', '20.00'),
      bought(T0 + 2 * HOUR, '2', '5'),
      bought(T0 + 3 * HOUR, '3', '7.50', 'USD'),
      event('order_refunded', T0 + DAY, { order_id: '1', amount: '4.50' }),
      event('order_cancelled', T0 + DAY, { order_id: '2' }),
    ];
    const day = { day: dayOf(T0), value: ['cart'] };
    expect(figures(events, 'cta', 'purchase.last')).toEqual([
      { ...day, step: 1, currency: 'EUR', conversions: 1, lag_ms: HOUR, revenue: '15.50' },
      { ...day, step: 1, currency: 'USD', conversions: 1, days: 1, lag_ms: 3 * HOUR, revenue: '7.50' },
    ]);
  });

  it('cuts what is too long for a key of the figures, between two characters', () => {
    const [figure] = figures([classed(T0, `${'x'.repeat(99)}😀`)], 'cta', 'clicks');
    expect(figure!.value).toEqual([`${'x'.repeat(99)}�`]);
  });

  it('credits as a reading of the definitions has it, for every window', () => {
    fc.assert(
      fc.property(lives, fc.constantFrom(...ATTRIBUTIONS), fc.constantFrom(...GOALS), (events, attribution, goal) => {
        const all = figuresOf(events);
        for (const [step, name] of WINDOW_NAMES.entries()) {
          const found = summed(all, `${goal}.${attribution}`, step);
          expect({ name, ...found }).toEqual({ name, ...naive(events, goal, attribution, WINDOW_SPANS[step]!) });
        }
      }),
      { numRuns: 60, seed: 20261128 },
    );
  });
});

const MOMENTS = [0, 1, HOUR - 1, HOUR, DAY - 1, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 45 * DAY - 1, 45 * DAY, 90 * DAY];

const lives = fc
  .array(
    fc.record({
      at: fc.tuple(fc.constantFrom(...MOMENTS), fc.constantFrom(...MOMENTS)).map(([a, b]) => T0 + a + b),
      what: fc.constantFrom('click', 'click', 'click', 'checkout_started', 'purchase'),
      cta: fc.constantFrom('cart', 'more'),
      template: fc.constantFrom('a', 'b', null),
      actor: fc.constantFrom('human', 'suspect', 'machine'),
    }),
    { maxLength: 14 },
  )
  .map((drawn) =>
    drawn
      .map(({ at, what, cta, template, actor }, order) => {
        if (what !== 'click')
          return event(what, at, { order_id: String(order), revenue: `1.0${order}`, currency: 'EUR' });
        return classed(at, cta, { actor_class: actor, ...(template !== null && { template }) });
      })
      .sort((a, b) => a.occurredAt - b.occurredAt),
  );

/** What the figures of a kind say under a window, by cut, value and day. */
function summed(all: readonly Figure[], kind: string, step: number) {
  const sums: Naive = {};
  for (const one of all.filter((figure) => figure.kind === kind && (figure.step ?? 0) <= step)) {
    const sum = sumAt(sums, one.cut, one.value, one.day);
    sum.conversions += one.conversions ?? 0;
    sum.days += one.days ?? 0;
    sum.lag += one.lag_ms ?? 0;
    sum.revenue = added(sum.revenue, one.revenue ?? '0');
  }
  return Object.fromEntries(Object.entries(sums).filter(([, one]) => one.conversions !== 0));
}

type Naive = Record<string, { conversions: number; days: number; lag: number; revenue: string }>;

const sumAt = (sums: Naive, cut: string, value: readonly unknown[], day: string) =>
  (sums[JSON.stringify([cut, value, day])] ??= { conversions: 0, days: 0, lag: 0, revenue: '0.00' });

const added = (a: string, b: string) => decimalToString(addDecimals(parseDecimal(a)!, parseDecimal(b)!));

const NAIVE_CUTS: Record<string, string[]> = {
  total: [],
  ...Object.fromEntries(['cta', 'template'].map((name) => [name, [name]])),
  ...Object.fromEntries(['link', 'campaign', 'utm_content', 'channel'].map((name) => [name, ['nothing']])),
  cta_template: ['cta', 'template'],
};

function naive(events: readonly HistoryEvent[], goal: Goal, attribution: Attribution, span: number): Naive {
  const name = goal === 'checkout' ? 'checkout_started' : 'purchase';
  const sums: Naive = {};
  for (const [cut, dimensions] of Object.entries(NAIVE_CUTS)) {
    const valueOf = ({ properties }: HistoryEvent) => dimensions.map((one) => properties[one] ?? null);
    for (const { occurredAt: at, properties } of events.filter((one) => one.name === name)) {
      const before = events.filter(
        (one) => one.name === 'click' && one.properties.actor_class !== 'machine' && one.occurredAt <= at,
      );
      const inWindow = before.filter((one) => at - one.occurredAt < span);
      const lastOfEach = new Map(inWindow.map((one) => [JSON.stringify(valueOf(one)), one]));
      const credited = {
        last: inWindow.slice(-1),
        first: inWindow.slice(0, 1),
        any: [...lastOfEach.values()],
      }[attribution];
      for (const click of credited) {
        const sum = sumAt(sums, cut, valueOf(click), dayOf(click.occurredAt));
        sum.conversions += 1;
        sum.days = 1;
        sum.lag += at - click.occurredAt;
        if (goal === 'purchase') sum.revenue = added(sum.revenue, properties.revenue as string);
      }
    }
  }
  return sums;
}
