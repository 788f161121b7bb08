import { click, DAY, HOUR, event, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import type { EventName } from './rule.js';
import type { HistoryEvent } from './history-event.js';

const abandoned = plan({
  performed: 'click',
  where: { cta: 'cart' },
  within: '7d',
  notFollowedBy: { performed: 'purchase', within: '3d' },
});

const cartClick = (at: number, properties: Record<string, unknown> = {}): HistoryEvent =>
  click(at, { cta: 'cart', ...properties });

function valueAt(rule: ReturnType<typeof plan>, events: HistoryEvent[], asOf: number): string {
  return evaluate(rule, History.of(events), asOf).value;
}

describe('notFollowedBy', () => {
  it.each([
    [-1, 'false'],
    [0, 'pending'],
    [3 * DAY - 1, 'pending'],
    [3 * DAY, 'true'],
    [3 * DAY + 1, 'true'],
    [7 * DAY - 1, 'true'],
    [7 * DAY, 'false'],
  ])('is pending until the limit has passed, and true exactly then: %i ms after the click → %s', (offset, expected) => {
    expect(valueAt(abandoned, [cartClick(T0)], T0 + offset)).toBe(expected);
  });

  it('tells when it settles', () => {
    expect(evaluate(abandoned, History.of([cartClick(T0)]), T0 + DAY)).toMatchObject({
      value: 'pending',
      isMember: false,
      settlesAt: T0 + 3 * DAY,
      nextChangeAt: T0 + 3 * DAY,
    });
  });

  it.each([
    [-1, 'true'],
    [0, 'false'],
    [3 * DAY - 1, 'false'],
    [3 * DAY, 'true'],
  ])('finds a purchase %i ms after the click → %s', (offset, expected) => {
    expect(valueAt(abandoned, [cartClick(T0), purchase(T0 + offset)], T0 + 4 * DAY)).toBe(expected);
  });

  it('is satisfied by any click in the window that was not followed', () => {
    const events = [cartClick(T0), purchase(T0 + DAY), cartClick(T0 + 2 * DAY)];
    expect(valueAt(abandoned, events, T0 + 3 * DAY)).toBe('pending');
    expect(valueAt(abandoned, events, T0 + 5 * DAY)).toBe('true');
  });

  it('no longer sees a purchase that was cancelled', () => {
    const bought = purchase(T0 + HOUR, { order_id: '1', revenue: '9.00' });
    const cancelled = event('order_cancelled', T0 + 5 * DAY, { order_id: '1' });
    expect(valueAt(abandoned, [cartClick(T0), bought, cancelled], T0 + 5 * DAY - 1)).toBe('false');
    expect(valueAt(abandoned, [cartClick(T0), bought, cancelled], T0 + 5 * DAY)).toBe('true');
  });

  it('never sees a purchase whose cancellation is dated before it', () => {
    const cancelled = event('order_cancelled', T0 - DAY, { order_id: '1' });
    const events = [cartClick(T0), purchase(T0 + DAY, { order_id: '1' }), cancelled];
    const history = History.of(events); // what was worked out for an earlier instant holds for the later ones
    expect(evaluate(abandoned, history, T0)).toMatchObject({ value: 'pending', settlesAt: T0 + 3 * DAY });
    expect(evaluate(abandoned, history, T0 + DAY).value).toBe('pending');
    expect(evaluate(abandoned, history, T0 + 3 * DAY).value).toBe('true');
  });

  it('without a limit is true from the click until a follower comes', () => {
    const rule = plan({ performed: 'click', notFollowedBy: { performed: 'purchase' } });
    expect(valueAt(rule, [click(T0)], T0)).toBe('true');
    expect(valueAt(rule, [click(T0), purchase(T0 + DAY)], T0 + DAY)).toBe('false');
  });

  it('does not know when purchases were not recorded yet at the time of the click', () => {
    const startsAt = (name: EventName): number => (name === 'purchase' ? T0 + DAY : -Infinity);
    const history = History.of([cartClick(T0)], { startsAt });
    expect(evaluate(abandoned, history, T0 + 4 * DAY).value).toBe('insufficient');
    expect(explain(abandoned, history, T0 + 4 * DAY).missing).toContain('"purchase"');
  });

  it('names the click as evidence', () => {
    const history = History.of([click(T0, { cta: 'cart' }, 'the-click')]);
    expect(explain(abandoned, history, T0 + 3 * DAY)).toMatchObject({ value: 'true', evidence: ['the-click'] });
  });
});

describe('followedBy', () => {
  const converted = plan({
    performed: 'click',
    followedBy: { performed: 'purchase', within: '3d', same: ['cart_token'] },
  });

  it.each([
    ['a', 'a', 'true'],
    ['a', 'b', 'false'],
    [undefined, undefined, 'false'],
    ['1', 1, 'false'],
  ])('wants equal values, both present: %j and %j → %s', (anchor, follower, expected) => {
    const events = [
      click(T0, anchor === undefined ? {} : { cart_token: anchor }),
      purchase(T0 + DAY, follower === undefined ? {} : { cart_token: follower }),
    ];
    expect(valueAt(converted, events, T0 + DAY)).toBe(expected);
  });

  it('takes a follower at the very instant of the anchor, in whatever order they came', () => {
    const rule = plan({ performed: 'click', followedBy: { performed: 'purchase' } });
    expect(valueAt(rule, [purchase(T0), click(T0)], T0)).toBe('true');
  });

  it('needs two distinct events', () => {
    const rule = plan({ performed: 'click', followedBy: { performed: 'click' } });
    expect(valueAt(rule, [click(T0)], T0)).toBe('false');
    expect(valueAt(rule, [click(T0), click(T0)], T0)).toBe('true');
  });

  it('leaves with the window of the anchor', () => {
    const rule = plan({ performed: 'click', within: '2d', followedBy: { performed: 'purchase' } });
    const history = History.of([click(T0), purchase(T0 + DAY)]);
    expect(evaluate(rule, history, T0 + DAY)).toMatchObject({ value: 'true', nextChangeAt: T0 + 2 * DAY });
  });
});
