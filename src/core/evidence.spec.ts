import { click, DAY, event, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import type { HistoryEvent } from './history-event.js';

function evidence(rule: object, events: HistoryEvent[], asOf: number): string[] {
  return explain(plan(rule), History.of(events), asOf).evidence ?? [];
}

const clicks = (number: number): HistoryEvent[] =>
  Array.from({ length: number }, (_, i) => click(T0 + i, { n: i }, `c${i}`));

describe('the evidence of a condition', () => {
  it('is the newest five of its events, the newest first', () => {
    const rule = { performed: 'click', within: '1d' };
    expect(evidence(rule, clicks(7), T0 + 10)).toEqual(['c6', 'c5', 'c4', 'c3', 'c2']);
    expect(evidence(rule, clicks(4), T0 + 10)).toEqual(['c3', 'c2', 'c1', 'c0']);
  });

  it('is none that has left the window, has not yet happened, or looks otherwise', () => {
    const rule = { performed: 'click', where: { n: { atLeast: 1 } }, within: '1d' };
    expect(evidence(rule, clicks(7), T0 + 3)).toEqual(['c3', 'c2', 'c1']);
    expect(evidence(rule, clicks(7), T0 + DAY + 3)).toEqual(['c6', 'c5', 'c4']);
    expect(evidence(rule, clicks(7), T0 + DAY + 6)).toEqual([]);
  });

  it('is none that is too young for the window', () => {
    const rule = { performed: 'click', before: '2s', within: '1d' };
    expect(evidence(rule, clicks(3), T0 + 2_001)).toEqual(['c1', 'c0']);
  });

  it('is no purchase that was cancelled by then', () => {
    const events = [purchase(T0, { order_id: '1' }, 'p'), event('order_cancelled', T0 + 5, { order_id: '1' })];
    expect(evidence({ performed: 'purchase' }, events, T0 + 4)).toEqual(['p']);
    expect(evidence({ performed: 'purchase' }, events, T0 + 5)).toEqual([]);
    expect(evidence({ performed: 'purchase', gross: true }, events, T0 + 5)).toEqual(['p']);
  });

  it('is the first or the last event where the rule is about that', () => {
    const about = (which: string): object => ({ performed: 'click', within: '1d', [which]: { olderThan: '1s' } });
    expect(evidence(about('first'), clicks(7), T0 + 5)).toEqual(['c0']);
    expect(evidence(about('last'), clicks(7), T0 + 5)).toEqual(['c5']);
    expect(evidence(about('first'), clicks(7), T0 + DAY + 2)).toEqual(['c3']);
  });

  it('is, of a sequence, the anchors that say the same as the whole, each with the first that followed it', () => {
    const events = [
      click(T0, {}, 'c0'),
      purchase(T0 + 1, { order_id: '1' }, 'p1'),
      purchase(T0 + 2, { order_id: '2' }, 'p2'),
      event('order_cancelled', T0 + 3, { order_id: '1' }),
      click(T0 + DAY, {}, 'c1'),
    ];
    const followed = { performed: 'click', within: '5d', followedBy: { performed: 'purchase', within: '1d' } };
    expect(evidence(followed, events, T0)).toEqual(['c0']);
    expect(evidence(followed, events, T0 + 2)).toEqual(['p1', 'c0']);
    expect(evidence(followed, events, T0 + 3)).toEqual(['p2', 'c0']);
    expect(evidence(followed, events, T0 + DAY)).toEqual(['p2', 'c0']);
    const unfollowed = { performed: 'click', within: '5d', notFollowedBy: { performed: 'purchase', within: '1d' } };
    expect(evidence(unfollowed, events, T0 + 2 * DAY)).toEqual(['c1']);
    expect(evidence({ ...unfollowed, anchor: 'first' }, events, T0 + 2 * DAY)).toEqual(['p2', 'c0']);
  });

  it('is, of a sequence about the first or the last anchor, that one alone', () => {
    const two = (at: number, id: string) => [click(at, {}, `c${id}`), purchase(at + 1, { order_id: id }, `p${id}`)];
    const events = [...two(T0, '0'), ...two(T0 + DAY, '1'), ...two(T0 + 2 * DAY, '2')];
    const about = (anchor: string) => ({
      performed: 'click',
      anchor,
      followedBy: { performed: 'purchase', within: '1d' },
    });
    expect(evidence(about('first'), events, T0 + 3 * DAY)).toEqual(['p0', 'c0']);
    expect(evidence(about('last'), events, T0 + 3 * DAY)).toEqual(['p2', 'c2']);
  });

  it('is the newest anchors of many', () => {
    const rule = { performed: 'click', notFollowedBy: { performed: 'purchase' } };
    expect(evidence(rule, clicks(7), T0 + 10)).toEqual(['c6', 'c5', 'c4', 'c3', 'c2']);
  });
});

describe('the next change', () => {
  const next = (rule: object, events: HistoryEvent[], asOf: number): number | null =>
    evaluate(plan({ performed: 'click', ...rule }), History.of(events), asOf).nextChangeAt;
  const together = [click(T0), click(T0), click(T0 + 5)];

  it('is none where too many become too few at once', () => {
    const exactly = { count: { exactly: 1 }, within: '1d' };
    expect(next(exactly, together.slice(0, 2), T0 + 10)).toBeNull();
    expect(next({ count: { exactly: 2 }, within: '1d' }, together, T0 + 10)).toBeNull();
    expect(next(exactly, together, T0 + 10)).toBe(T0 + DAY);
  });

  it('is when the last that is needed leaves, and no earlier', () => {
    expect(next({ count: { atLeast: 2 }, within: '1d' }, together, T0 + 10)).toBe(T0 + DAY);
    expect(next({ count: { atLeast: 1 }, within: '1d' }, together, T0 + 10)).toBe(T0 + DAY + 5);
    expect(next({ count: { atMost: 2 }, within: '1d' }, together, T0 + 10)).toBe(T0 + DAY);
    expect(next({ count: { atLeast: 0 }, within: '1d' }, together, T0 + 10)).toBeNull();
    expect(next({ count: { atLeast: 4 }, within: '1d' }, together, T0 + 10)).toBeNull();
  });
});

describe('a history', () => {
  it('says the same however many rules have looked at it before', () => {
    const events = Array.from({ length: 100 }, (_, i) => click(T0 + i, { cta: `cta-${i % 3}`, n: i }));
    const asked = History.of([...events, purchase(T0 + 50, { order_id: '1' })]);
    const rules = [
      { performed: 'click', where: { cta: 'cta-1' }, count: { exactly: 33 } },
      { performed: 'click', where: { cta: 'cta-9' } },
      { performed: 'click', where: { cta: 'cta-2', n: 98 } },
      { performed: { startsWith: 'cl' }, where: { cta: 'cta-0' }, count: { exactly: 34 } },
      { performed: 'purchase' },
      { performed: 'refund' },
    ].map((rule) => plan(rule));
    const values = (): string[] => rules.map((rule) => evaluate(rule, asked, T0 + 200).value);
    expect(values()).toEqual(['true', 'false', 'true', 'true', 'true', 'false']);
    for (let again = 0; again < 5; again++)
      expect(values()).toEqual(['true', 'false', 'true', 'true', 'true', 'false']);
  });
});
