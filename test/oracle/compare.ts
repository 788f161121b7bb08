import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate, type Evaluation } from '../../src/core/evaluate.js';
import { History } from '../../src/core/history.js';
import { worldOfCase, type OracleCase } from '../support/arbitraries.js';
import { DAY, T0 } from '../support/builders.js';
import { naiveValue } from '../support/naive-evaluator.js';
import { changeInstants } from '../support/naive-instants.js';
import type { NaiveValue, NaiveWorld } from '../support/naive-world.js';

const YEAR = 366 * DAY;
const MOST_CHANGES = 12;
/** Settling further away than this may be called never. */
const LOOKED_AHEAD = 1_000 * DAY;

/** Where the core and the naive evaluator differ; its message says how. */
export class Mismatch extends Error {}

export interface Comparison {
  /** How often each value came up. */
  values: Record<NaiveValue, number>;
  /** Changes that the core foretold and that came, and those that did not. */
  changes: number;
  early: number;
}

interface Judged {
  evaluation: Evaluation;
  naive: NaiveValue;
}

/** Evaluates a case with both at its interesting instants; throws a Mismatch where they differ. */
export function compare(given: OracleCase, mostInstants: number): Comparison {
  const world = worldOfCase(given);
  const plan = compileRule(given.rule, new Map(Object.entries(given.segments)));
  const historyOf = (): History => History.of(given.events, { startsAt: world.startsAt, profile: given.profile });
  const walked = historyOf();
  const instants = interestingInstants(given, world, (asOf) => evaluate(plan, walked, asOf), mostInstants);
  const evaluations = inSomeOrder(instants, given.events.length % 3, historyOf, (history, asOf) =>
    evaluate(plan, history, asOf),
  );
  const judged = evaluations.map((evaluation, index): Judged => {
    const asOf = instants[index]!;
    const naive = naiveValue(given.rule, world, asOf);
    if (evaluation.asOf !== asOf) throw new Mismatch(`as of ${when(evaluation.asOf)}, though asked for ${when(asOf)}`);
    if (evaluation.value !== naive) {
      throw new Mismatch(`at ${when(asOf)} the core says ${evaluation.value}, the naive evaluator ${naive}`);
    }
    if (evaluation.isMember !== (naive === 'true')) throw new Mismatch(`at ${when(asOf)} isMember is not the value's`);
    return { evaluation, naive };
  });
  judged.forEach((one, index) => foretells(one, judged.slice(index + 1)));
  return summaryOf(judged);
}

/** A history may remember what it was asked: asked in order, the other way round, or each time a new one. */
function inSomeOrder(
  instants: readonly number[],
  order: number,
  historyOf: () => History,
  evaluateAt: (history: History, asOf: number) => Evaluation,
): Evaluation[] {
  if (order === 2) return instants.map((asOf) => evaluateAt(historyOf(), asOf));
  const history = historyOf();
  if (order === 0) return instants.map((asOf) => evaluateAt(history, asOf));
  return [...instants]
    .reverse()
    .map((asOf) => evaluateAt(history, asOf))
    .reverse();
}

/** The value stays until `nextChangeAt`, and an undetermined one is undetermined until `settlesAt`. */
function foretells({ evaluation, naive }: Judged, later: readonly Judged[]): void {
  const { asOf, nextChangeAt, settlesAt } = evaluation;
  for (const other of later) {
    const at = other.evaluation.asOf;
    if (at >= (nextChangeAt ?? Infinity)) break;
    if (other.naive !== naive) {
      throw new Mismatch(
        `at ${when(asOf)} it is ${naive} and the next change is said to be at ${when(nextChangeAt)}, ` +
          `but at ${when(at)} it is ${other.naive}`,
      );
    }
  }
  if (isDetermined(naive)) {
    if (settlesAt !== null) throw new Mismatch(`at ${when(asOf)} it is ${naive}, and said to settle later`);
    return;
  }
  const settled = later.find((other) => isDetermined(other.naive))?.evaluation.asOf;
  const isNamed = settlesAt !== null && later.some((other) => other.evaluation.asOf === settlesAt);
  if (isNamed ? settled !== settlesAt : settled !== undefined && settled < (settlesAt ?? asOf + LOOKED_AHEAD)) {
    throw new Mismatch(
      `at ${when(asOf)} it is said to settle at ${when(settlesAt)}, but it settles at ${when(settled ?? null)}`,
    );
  }
}

function isDetermined(value: NaiveValue): boolean {
  return value === 'true' || value === 'false';
}

function when(at: number | null): string {
  return at === null ? 'never' : `${at} (${new Date(at).toISOString()})`;
}

/**
 * The instants at which the core says that something changes, then those at which something might, spread over all of
 * them, each with its neighbours: the same ones every time.
 */
function interestingInstants(
  given: OracleCase,
  world: NaiveWorld,
  evaluateAt: (asOf: number) => Evaluation,
  most: number,
): number[] {
  const finite = [...given.events.map((event) => event.occurredAt), ...Object.values(given.starts)].filter(
    Number.isFinite,
  );
  const marks = finite.length > 0 ? finite : [T0];
  const candidates = changeInstants(given.rule, world, Math.min(...marks) - YEAR, Math.max(...marks) + 2 * YEAR);
  const first = (candidates[0] ?? marks[0]!) - 1;
  const chosen = new Set([first]);
  const last = (candidates.at(-1) ?? first) + 2;
  let at: number | null = first;
  for (let step = 0; step < MOST_CHANGES && at !== null && at < last; step++) {
    const { nextChangeAt, settlesAt }: Evaluation = evaluateAt(at);
    for (const change of [nextChangeAt, settlesAt]) {
      if (change !== null && change < last) [change - 1, change, change + 1].forEach((one) => chosen.add(one));
    }
    at = nextChangeAt;
  }
  const spread = candidates.map((one, index) => ({ one, rank: (index * 2_654_435_761) % 2 ** 32 }));
  for (const { one } of spread.sort((a, b) => a.rank - b.rank)) {
    if (chosen.size >= most) break;
    [one - 1, one, one + 1].forEach((neighbour) => chosen.add(neighbour));
  }
  return [...chosen].sort((a, b) => a - b).slice(0, most);
}

function summaryOf(judged: readonly Judged[]): Comparison {
  const values: Record<NaiveValue, number> = { true: 0, false: 0, pending: 0, insufficient: 0 };
  let [changes, early] = [0, 0];
  judged.forEach(({ evaluation, naive }, index) => {
    values[naive] += 1;
    const next = judged[index + 1];
    if (next === undefined || next.evaluation.asOf !== evaluation.nextChangeAt) return;
    if (next.naive === naive) early += 1;
    else changes += 1;
  });
  return { values, changes, early };
}
