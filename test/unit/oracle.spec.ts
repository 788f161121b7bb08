import fc from 'fast-check';
import { compileRule, type Plan } from '../../src/core/compile-rule.js';
import { evaluate, type Evaluation } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { advanceMembership } from '../../src/core/membership.js';
import { parseRule } from '../../src/core/parse-rule.js';
import type { Rule } from '../../src/core/rule.js';
import { runDifferential } from '../oracle/differential.js';
import { featuresOf } from '../oracle/features.js';
import { anyCase, anyDenseCase, worldOfCase, type OracleCase } from '../support/arbitraries.js';
import { DAY, T0 } from '../support/builders.js';
import { naiveValue } from '../support/naive-evaluator.js';
import { changeInstants } from '../support/naive-instants.js';

const SEED = Number(process.env.ORACLE_SEED ?? 20_260_301);
const TRIPLES = Number(process.env.ORACLE_TRIPLES ?? 200_000);
const MINUTES = 60_000;

const planOf = ({ rule, segments }: OracleCase): Plan => compileRule(rule, new Map(Object.entries(segments)));

function historyOf(given: OracleCase): History {
  return History.of(given.events, { startsAt: worldOfCase(given).startsAt, profile: given.profile });
}

/** A stretch of time about what happens in a case, and instants in it, at which its rule may change. */
function instantsOf(given: OracleCase): number[] {
  const times = [...given.events.map((event) => event.occurredAt), ...Object.values(given.starts)].filter(
    Number.isFinite,
  );
  const marks = times.length > 0 ? times : [T0];
  const [from, to] = [Math.min(...marks) - 40 * DAY, Math.max(...marks) + 60 * DAY];
  return [from, ...changeInstants(given.rule, worldOfCase(given), from, to), to];
}

/** A dozen of them. */
function someInstantsOf(given: OracleCase): number[] {
  const all = instantsOf(given);
  return all.filter((_, index) => index % Math.ceil(all.length / 12) === 0);
}

/** What the core says of a case at some instants. */
function evaluationsOf(given: OracleCase, instants: readonly number[]): Evaluation[] {
  const plan = planOf(given);
  const history = historyOf(given);
  return instants.map((asOf) => evaluate(plan, history, asOf));
}

function expectSame(one: OracleCase, other: OracleCase): void {
  const instants = someInstantsOf(one);
  expect(evaluationsOf(other, instants)).toEqual(evaluationsOf(one, instants));
}

function forAll(cases: fc.Arbitrary<OracleCase>, holds: (given: OracleCase) => void): void {
  fc.assert(fc.property(cases, holds), { numRuns: 300, seed: SEED });
}

function distinct(events: readonly HistoryEvent[]): HistoryEvent[] {
  return [...new Map([...events].reverse().map((event) => [event.id, event])).values()].reverse();
}

function isAboutDates({ rule, segments }: OracleCase): boolean {
  const dated =
    /(before|onOrAfter|withinLast|withinNext|furtherThan|anniversary|attribute: olderThan|between|calendar)$/;
  return [...featuresOf(rule, segments)].some((name) => dated.test(name) && name !== 'performed: before');
}

/** The rule with every child segment's rule in its place, but where it must have been so for some time. */
function inlined(rule: Rule, segments: Record<string, Rule>): Rule {
  const all = (rules: Rule[]): Rule[] => rules.map((one) => inlined(one, segments));
  if ('performed' in rule || 'attribute' in rule) return rule;
  if ('segment' in rule) return rule.for === undefined ? inlined(segments[rule.segment]!, segments) : rule;
  if ('all' in rule) return { all: all(rule.all) };
  if ('any' in rule) return { any: all(rule.any) };
  if ('of' in rule) return { atLeast: rule.atLeast, of: all(rule.of) };
  return 'not' in rule ? { not: inlined(rule.not, segments) } : rule;
}

describe('the core', () => {
  it(
    'equals the naive evaluator wherever something changes, in every part of the language',
    () => {
      const { tally, mismatch } = runDifferential({ triples: TRIPLES, seed: SEED });
      expect(mismatch && { ...mismatch, counterexample: fc.stringify(mismatch.counterexample) }).toBeNull();
      expect(tally.missing()).toEqual([]);
      expect(tally.missingPairs()).toEqual([]);
      expect(tally.triples).toBeGreaterThanOrEqual(TRIPLES);
    },
    10 * MINUTES,
  );

  it('accepts every generated rule', () => {
    forAll(anyCase, ({ rule, segments }) => {
      for (const one of [rule, ...Object.values(segments)])
        expect(parseRule(one, 4_000 * DAY)).toEqual({ ok: true, rule: one });
    });
  });

  it('does not care in which order events came, or how often', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.nat()), (given, order) => {
        const events = distinct(given.events);
        const shuffled = events
          .flatMap((event) => [event, structuredClone(event)])
          .map((event) => ({ event, rank: order.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        expectSame({ ...given, events }, { ...given, events: shuffled });
      }),
      { numRuns: 300, seed: SEED },
    );
  });

  it('takes no notice of what a rule does not speak of', () => {
    forAll(anyCase, (given) => {
      const unrelated = given.events.map((event) => ({ ...event, id: `other ${event.id}`, name: 'weather_changed' }));
      expectSame(given, { ...given, events: [...unrelated, ...given.events] });
    });
  });

  it('says the same later, if everything is later', () => {
    fc.assert(
      fc.property(
        anyDenseCase.filter((given) => !isAboutDates(given)),
        fc.constantFrom(1, -1, 999, 3_600_000, 45 * DAY + 1, -400 * DAY),
        (given, span) => {
          const shifted: OracleCase = {
            ...given,
            events: given.events.map((event) => ({ ...event, occurredAt: event.occurredAt + span })),
            starts: Object.fromEntries(Object.entries(given.starts).map(([name, start]) => [name, start + span])),
          };
          const instants = someInstantsOf(given);
          const later = (at: number | null): number | null => (at === null ? null : at + span);
          expect(
            evaluationsOf(
              shifted,
              instants.map((at) => at + span),
            ),
          ).toEqual(
            evaluationsOf(given, instants).map((one) => ({
              ...one,
              asOf: one.asOf + span,
              settlesAt: later(one.settlesAt),
              nextChangeAt: later(one.nextChangeAt),
            })),
          );
        },
      ),
      { numRuns: 300, seed: SEED },
    );
  });

  it('means the same by a segment as by its rule', () => {
    forAll(anyCase, (given) => expectSame(given, { ...given, rule: inlined(given.rule, given.segments) }));
  });

  it('takes what is not not so to be so', () => {
    forAll(anyCase, (given) => expectSame(given, { ...given, rule: { not: { not: given.rule } } }));
  });

  it('keeps de Morgan’s laws', () => {
    forAll(anyCase, (given) => {
      const parts: Rule[] = [given.rule, { segment: 's1' }, { segment: 's2' }];
      const opposites = parts.map((one) => ({ not: one }));
      expectSame({ ...given, rule: { not: { all: parts } } }, { ...given, rule: { any: opposites } });
      expectSame({ ...given, rule: { not: { any: parts } } }, { ...given, rule: { all: opposites } });
    });
  });

  it('counts all, any and none as so many of them', () => {
    forAll(anyCase, (given) => {
      const parts: Rule[] = [given.rule, { segment: 's1' }, { segment: 's2' }];
      expectSame({ ...given, rule: { all: parts } }, { ...given, rule: { atLeast: 3, of: parts } });
      expectSame({ ...given, rule: { any: parts } }, { ...given, rule: { atLeast: 1, of: parts } });
    });
  });

  it('gives each transition the instant at which the naive value flips, in one look or in many', () => {
    fc.assert(
      fc.property(anyCase, fc.array(fc.nat(), { maxLength: 4 }), (given, picks) => {
        const world = worldOfCase(given);
        const instants = instantsOf(given);
        const [start, end] = [instants[0]!, instants.at(-1)!];
        const expected: { kind: string; at: number }[] = [];
        let wasMember = false;
        for (const at of instants) {
          const isMember = naiveValue(given.rule, world, at) === 'true';
          if (isMember !== wasMember) expected.push({ kind: isMember ? 'entered' : 'exited', at });
          wasMember = isMember;
        }
        const looks = picks.map((pick) => instants[pick % instants.length]!);
        expect(transitionsOf(given, start, [...looks, end])).toEqual(expected);
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});

/** The transitions that bringing a membership up to date gives, at each of these instants in turn. */
function transitionsOf(given: OracleCase, start: number, looks: readonly number[]): { kind: string; at: number }[] {
  const plan = planOf(given);
  const found: { kind: string; at: number }[] = [];
  let from = start;
  for (const until of [...looks].sort((a, b) => a - b)) {
    const wasMember = found.at(-1)?.kind === 'entered';
    const { transitions } = advanceMembership(plan, historyOf(given), { wasMember, from, until });
    found.push(...transitions.map(({ kind, at }) => ({ kind, at })));
    from = until;
  }
  return found;
}
