import fc from 'fast-check';
import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import { IDENTIFY, type HistoryEvent } from '../../src/core/history-event.js';
import { canUndo, orderOf, PURCHASE } from '../../src/core/net-purchases.js';
import type { Rule } from '../../src/core/rule.js';
import { anyCase, worldOfCase, type OracleCase } from '../support/arbitraries.js';
import { click, DAY, purchase, T0 } from '../support/builders.js';

/** How long the rules of a case look back to what was so before. */
function longestFor({ rule, segments }: OracleCase): number {
  const found = [...JSON.stringify([rule, segments]).matchAll(/"for":"(\d+)([a-z]+)"/g)];
  const unit: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY };
  return found.reduce((sum, [, count, name]) => sum + Number(count) * unit[name!]!, 0);
}

/** What the cleaning leaves: what still counts, the newest word on each attribute, and what ends a purchase that is left. */
function cleaned(events: readonly HistoryEvent[], horizon: number): HistoryEvent[] {
  const distinct = [...new Map([...events].reverse().map((event) => [event.id, event])).values()]; // the first of each id
  const inOrder = distinct.sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  const isKept = (event: HistoryEvent): boolean => event.occurredAt > horizon;
  const orders = new Set(inOrder.filter((event) => event.name === PURCHASE && isKept(event)).map(orderOf));
  return inOrder.filter((event, index) => {
    if (isKept(event)) return true;
    if (canUndo(event)) return orders.has(orderOf(event));
    if (event.name !== IDENTIFY) return false;
    const later = inOrder.slice(index + 1).filter((one) => one.name === IDENTIFY && !isKept(one));
    return Object.keys(event.properties).some((key) => !later.some((one) => Object.hasOwn(one.properties, key)));
  });
}

describe('what counts no longer', () => {
  it('changes no answer, now or later, when it is removed', () => {
    let dropped = 0;
    fc.assert(
      fc.property(anyCase, fc.nat(), fc.nat(), (given, which, retentionAt) => {
        const world = worldOfCase(given);
        const plan = compileRule(given.rule, new Map(Object.entries(given.segments)));
        const instants = [...new Set(given.events.map((event) => event.occurredAt))].sort((a, b) => a - b);
        if (instants.length < 2) return;
        const retention = Math.max(1, instants[retentionAt % instants.length]! - instants[0]!);
        const asOf = instants[which % instants.length]! + retention;
        const known = { startsAt: world.startsAt, profile: given.profile, retention };
        const horizon = asOf - retention - longestFor(given);
        const left = cleaned(given.events, horizon);
        dropped += given.events.length - left.length;
        for (const at of [
          asOf,
          asOf + 1,
          asOf + retention - 1,
          asOf + retention,
          ...instants.filter((one) => one > asOf),
        ]) {
          const before = evaluate(plan, History.of(given.events, known), at);
          const after = evaluate(plan, History.of(left, known), at);
          expect(after.value).toBe(before.value);
        }
      }),
      { numRuns: 400 },
    );
    expect(dropped).toBeGreaterThan(300);
  });

  it('is foretold: an answer is the same until the instant that the last one named', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(), (given, retentionAt) => {
        const world = worldOfCase(given);
        const plan = compileRule(given.rule, new Map(Object.entries(given.segments)));
        const instants = [...new Set(given.events.map((event) => event.occurredAt))].sort((a, b) => a - b);
        if (instants.length < 2) return;
        const retention = Math.max(1, instants[retentionAt % instants.length]! - instants[0]!);
        const history = History.of(given.events, { startsAt: world.startsAt, profile: given.profile, retention });
        const asked = instants.flatMap((at) => [-1, 0, 1].flatMap((by) => [at + by, at + retention + by]));
        const evaluations = [...new Set(asked)].sort((a, b) => a - b).map((at) => evaluate(plan, history, at));
        for (const [index, { asOf, value, nextChangeAt }] of evaluations.entries()) {
          const next = evaluations[index + 1];
          if (next && (nextChangeAt === null || next.asOf < nextChangeAt))
            expect([asOf, next.value]).toEqual([asOf, value]);
        }
      }),
      { numRuns: 250 },
    );
  });

  const retention = 400 * DAY;
  const at = (rule: Rule, events: HistoryEvent[], asOf: number) =>
    evaluate(compileRule(rule), History.of(events, { retention }), asOf);

  it.each<[string, Rule]>([
    ['ever', { performed: 'click' }],
    ['between two instants', { performed: 'click', between: ['2026-01-01T00:00:00Z', null] }],
    ['so often', { performed: 'click', count: { atLeast: 1 } }],
    ['and not bought since', { performed: 'click', notFollowedBy: { performed: 'purchase' } }],
    ['last long ago', { performed: 'click', last: { olderThan: '1d' } }],
  ])('ends to the millisecond where a rule asks for a click %s', (_case, rule) => {
    const values = [-1, 0, 1].map((by) => at(rule, [click(T0)], T0 + retention + by).isMember);
    expect(values).toEqual([true, false, false]);
    expect(at(rule, [click(T0)], T0 + 2 * DAY).nextChangeAt).toBe(T0 + retention);
  });

  it('does not revive an anchor whose follower is older than it is', () => {
    const rule: Rule = { performed: 'click', notFollowedBy: { performed: 'purchase' } };
    expect(at(rule, [click(T0), purchase(T0 + DAY)], T0 + retention - 1).isMember).toBe(false);
    expect(at(rule, [click(T0), purchase(T0 + DAY)], T0 + retention + DAY).isMember).toBe(false);
  });

  it('keeps what was last said of an attribute, however long ago', () => {
    const said: HistoryEvent = { id: 'a', name: IDENTIFY, occurredAt: T0, properties: { country: 'DE' } };
    expect(at({ attribute: 'country', equals: 'DE' }, [said], T0 + 5 * retention).isMember).toBe(true);
  });
});
