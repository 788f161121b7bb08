import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate, type Evaluation } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import { advanceMembership } from '../../src/core/membership.js';
import { parseRule } from '../../src/core/parse-rule.js';
import { checkReferences } from '../../src/core/references.js';
import type { Rule } from '../../src/core/rule.js';
import { TouchIndex } from '../../src/core/touch-index.js';
import { anyCase, anyDenseCase, anyDenseInstant, worldOfCase, type OracleCase } from '../support/arbitraries.js';
import { T0 } from '../support/builders.js';
import { naiveValue } from '../support/naive-evaluator.js';

const SEED = process.env.ORACLE_SEED ?? '20261124';
const TRIPLES = 200_000;
/** Longer than any window that is generated. */
const LONG = 4_000 * 86_400_000;

/** What a rule says of a case as of an instant; `changed` is what is another than in the case. */
function said(given: OracleCase, asOf: number, changed: Partial<OracleCase> = {}): Omit<Evaluation, 'asOf'> {
  const all = { ...given, ...changed };
  const plan = compileRule(all.rule, new Map(Object.entries(all.segments)));
  const history = History.of(all.events, { startsAt: worldOfCase(all).startsAt, profile: all.profile });
  const { asOf: _same, ...rest } = evaluate(plan, history, asOf);
  return rest;
}

function holds(property: (given: OracleCase, asOf: number) => void, cases = anyDenseCase, runs = 1_000): void {
  fc.assert(fc.property(cases, anyDenseInstant, property), { numRuns: runs, seed: Number(SEED) });
}

describe('the core', () => {
  it('equals the naive meaning at every boundary; no operator is left out', async () => {
    const program = join(import.meta.dirname, '../oracle/oracle.ts');
    const args = ['--import', 'tsx', program, '--triples', String(TRIPLES), '--seed', SEED];
    // A process of its own, without the test runner's module loader, is several times as fast.
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e7 }).catch((error: unknown) => {
      throw new Error((error as { stdout?: string }).stdout ?? String(error));
    });
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!) as { triples: number; mismatches: number };
    expect(result.mismatches).toBe(0);
    expect(result.triples).toBeGreaterThanOrEqual(TRIPLES);
  }, 600_000);

  it('accepts every generated rule', () => {
    fc.assert(
      fc.property(anyCase, ({ rule, segments }) => {
        expect(parseRule(rule, LONG)).toEqual({ ok: true, rule });
        expect(checkReferences(rule, new Map(Object.entries(segments)))).toEqual([]);
      }),
      { numRuns: 1_000, seed: Number(SEED) },
    );
  });

  it('does not care in which order events came, or how often', () => {
    fc.assert(
      fc.property(anyCase, anyDenseInstant, fc.infiniteStream(fc.nat()), (given, asOf, order) => {
        // Of one id the first stands, so that duplicates stay in their order.
        const distinct = [...new Map(given.events.toReversed().map((event) => [event.id, event])).values()];
        const shuffled = distinct
          .flatMap((event) => [event, event])
          .map((event) => ({ event, rank: order.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        expect(said(given, asOf, { events: shuffled })).toEqual(said(given, asOf));
      }),
      { numRuns: 1_000, seed: Number(SEED) },
    );
  });

  it('is not changed by an event that no condition is about', () => {
    holds((given, asOf) => {
      const irrelevant = { id: 'other', name: 'unheard_of', occurredAt: asOf, properties: { x: 'a', n: 1 } };
      expect(said(given, asOf, { events: [...given.events, irrelevant] })).toEqual(said(given, asOf));
    });
  });

  it('is changed only by events that touch it', () => {
    fc.assert(
      fc.property(anyCase, anyDenseInstant, (given, asOf) => {
        const plan = compileRule(given.rule, new Map(Object.entries(given.segments)));
        const index = new TouchIndex([['rule', plan]]);
        const others = given.events.slice(0, -1);
        const last = given.events.at(-1);
        fc.pre(last !== undefined && !others.some((event) => event.id === last.id));
        if (index.touchedBy(last).has('rule')) return;
        expect(said(given, asOf, { events: others })).toEqual(said(given, asOf));
      }),
      { numRuns: 3_000, seed: Number(SEED) },
    );
  });

  it('says the same of everything an hour later', () => {
    const hour = 3_600_000;
    fc.assert(
      fc.property(anyDenseCase, anyDenseInstant, (given, asOf) => {
        fc.pre(
          !/"(calendar|between|before|onOrAfter|anniversary|withinLast|olderThan|withinNext|furtherThan)"/.test(
            texts(given),
          ),
        );
        const later = said(given, asOf + hour, {
          events: given.events.map((event) => ({ ...event, occurredAt: event.occurredAt + hour })),
          starts: Object.fromEntries(Object.entries(given.starts).map(([name, at]) => [name, at + hour])),
        });
        const shift = (at: number | null): number | null => (at === null ? null : at - hour);
        const back = { ...later, settlesAt: shift(later.settlesAt), nextChangeAt: shift(later.nextChangeAt) };
        expect(back).toEqual(said(given, asOf));
      }),
      { numRuns: 300, seed: Number(SEED), maxSkipsPerRun: 10_000 },
    );
  });

  it('says the same with the rules of its segments in their places', () => {
    holds((given, asOf) =>
      expect(said(given, asOf, { rule: inlined(given.rule, given.segments) })).toEqual(said(given, asOf)),
    );
  });

  it('takes a double "not" for nothing, and keeps to de Morgan', () => {
    holds((given, asOf) => {
      const { rule, segments } = given;
      const other = segments.s1!;
      expect(said(given, asOf, { rule: { not: { not: rule } } })).toEqual(said(given, asOf));
      const neither = said(given, asOf, { rule: { not: { any: [rule, other] } } });
      expect(said(given, asOf, { rule: { all: [{ not: rule }, { not: other }] } })).toEqual(neither);
    });
  });

  it('gives each transition the instant at which the naive value flips, in one look or in many', () => {
    fc.assert(
      fc.property(anyDenseCase, fc.uniqueArray(anyDenseInstant, { maxLength: 4 }), (given, looks) => {
        const plan = compileRule(given.rule, new Map(Object.entries(given.segments)));
        const world = worldOfCase(given);
        const history = History.of(given.events, { startsAt: world.startsAt, profile: given.profile });
        const [start, end] = [T0 - 2, T0 + 40_000];
        const actual: { kind: string; at: number }[] = [];
        let from = start;
        let isMember = false;
        for (const until of [...looks, end].sort((a, b) => a - b).filter((at) => at >= start)) {
          const { transitions } = advanceMembership(plan, history, { wasMember: isMember, from, until });
          actual.push(...transitions.map(({ kind, at }) => ({ kind, at })));
          isMember = (actual.at(-1)?.kind ?? 'exited') === 'entered';
          from = Math.max(from, until);
        }
        for (const { kind, at } of actual) {
          expect(naiveValue(given.rule, world, at) === 'true').toBe(kind === 'entered');
          if (at > start) expect(naiveValue(given.rule, world, at - 1) === 'true').toBe(kind === 'exited');
        }
        expect(naiveValue(given.rule, world, end) === 'true').toBe(isMember);
        const kinds = actual.map((one) => one.kind);
        expect(kinds).toEqual(kinds.map((_, index) => (index % 2 === 0 ? 'entered' : 'exited')));
      }),
      { numRuns: 500, seed: Number(SEED) },
    );
  });
});

function texts({ rule, segments }: OracleCase): string {
  return JSON.stringify([rule, segments]);
}

function inlined(rule: Rule, segments: Record<string, Rule>): Rule {
  if ('segment' in rule && rule.for === undefined) return inlined(segments[rule.segment]!, segments);
  if ('all' in rule) return { all: rule.all.map((one) => inlined(one, segments)) };
  if ('any' in rule) return { any: rule.any.map((one) => inlined(one, segments)) };
  if ('of' in rule) return { ...rule, of: rule.of.map((one) => inlined(one, segments)) };
  if ('not' in rule && !('attribute' in rule)) return { not: inlined(rule.not, segments) };
  return rule;
}
