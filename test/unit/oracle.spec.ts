import fc from 'fast-check';
import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { advanceMembership } from '../../src/core/membership.js';
import { parseRule } from '../../src/core/parse-rule.js';
import type { Rule } from '../../src/core/rule.js';
import { anyHistory, anyInstant, anyRule } from '../support/arbitraries.js';
import { RETENTION, T0 } from '../support/builders.js';
import { naiveValue } from '../support/naive-evaluator.js';

const RUNS = Number(process.env.ORACLE_RUNS ?? 3_000);

const anyStarts = fc.record({
  click: fc.oneof(fc.constant(-Infinity), anyInstant, fc.constant(Infinity)),
  purchase: fc.oneof(fc.constant(-Infinity), anyInstant, fc.constant(Infinity)),
});

/** Every instant at which anything can change for these events, and its neighbours. */
function boundaries(events: readonly HistoryEvent[], starts: readonly number[]): number[] {
  const spans = [0, 1, 2, 3, 5].map((seconds) => seconds * 1_000);
  const marks = [...events.map((event) => event.occurredAt), ...starts.filter(Number.isFinite)];
  const instants = marks.flatMap((mark) => spans.flatMap((span) => [mark + span - 1, mark + span, mark + span + 1]));
  return [...new Set([T0, ...instants])].sort((a, b) => a - b);
}

function check(rule: Rule, events: HistoryEvent[], starts: Record<string, number>): number {
  const plan = compileRule(rule);
  const startsAt = (name: string): number => starts[name] ?? -Infinity;
  const history = new History(events, startsAt);
  const instants = boundaries(events, Object.values(starts));
  let nextChangeAt: number | null = -Infinity;
  let value: string | undefined;
  for (const asOf of instants) {
    const evaluation = evaluate(plan, history, asOf);
    const naive = naiveValue(rule, { events, startsAt }, asOf);
    if (evaluation.value !== naive) {
      throw new Error(`at T0${asOf - T0 >= 0 ? '+' : ''}${asOf - T0}: core ${evaluation.value}, naive ${naive}`);
    }
    const mayChange = nextChangeAt !== null && asOf >= nextChangeAt;
    if (value !== undefined && naive !== value && !mayChange)
      throw new Error(`changed before nextChangeAt, at ${asOf}`);
    if (mayChange || value === undefined) ({ value, nextChangeAt } = evaluation);
  }
  return instants.length;
}

describe('the core', () => {
  it('equals the naive meaning at every boundary, and its value is constant until nextChangeAt', () => {
    let triples = 0;
    fc.assert(
      fc.property(anyRule, anyHistory, anyStarts, (rule, events, starts) => {
        triples += check(rule, events, starts);
      }),
      { numRuns: RUNS },
    );
    expect(triples).toBeGreaterThan(RUNS * 5);
  });

  it('accepts every generated rule', () => {
    fc.assert(
      fc.property(anyRule, (rule) => parseRule(rule, RETENTION).ok),
      { numRuns: 300 },
    );
  });

  it('does not care in which order events came, or how often', () => {
    fc.assert(
      fc.property(anyRule, anyHistory, anyInstant, fc.infiniteStream(fc.nat()), (rule, events, asOf, order) => {
        const shuffled = events
          .flatMap((event) => [event, event])
          .map((event) => ({ event, rank: order.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        const plan = compileRule(rule);
        expect(evaluate(plan, new History(shuffled), asOf)).toEqual(evaluate(plan, new History(events), asOf));
      }),
      { numRuns: 500 },
    );
  });

  it('gives each transition the instant at which the naive value flips, in one look or in many', () => {
    fc.assert(
      fc.property(anyRule, anyHistory, fc.uniqueArray(anyInstant, { maxLength: 4 }), (rule, events, looks) => {
        const plan = compileRule(rule);
        const history = new History(events);
        const [start, end] = [T0 - 2, T0 + 20_000];
        const expected: { kind: string; at: number }[] = [];
        let wasMember = false;
        for (const at of [start, ...boundaries(events, [])].filter((one) => one >= start && one <= end)) {
          const isMember = naiveValue(rule, { events, startsAt: () => -Infinity }, at) === 'true';
          if (isMember !== wasMember) expected.push({ kind: isMember ? 'entered' : 'exited', at });
          wasMember = isMember;
        }
        const actual: { kind: string; at: number }[] = [];
        let from = start;
        let isMember = false;
        for (const until of [...looks, end].sort((a, b) => a - b)) {
          const { transitions } = advanceMembership(plan, history, { wasMember: isMember, from, until });
          actual.push(...transitions.map(({ kind, at }) => ({ kind, at })));
          isMember = (actual.at(-1)?.kind ?? 'exited') === 'entered';
          from = Math.max(from, until);
        }
        expect(actual).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
