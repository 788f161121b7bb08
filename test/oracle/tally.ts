import type { OracleCase } from '../support/arbitraries.js';
import type { NaiveValue } from '../support/naive-world.js';
import type { Comparison } from './compare.js';
import { FEATURES, featuresOf } from './features.js';
import { KINDS, OUTER_KINDS, pairName, pairsOf } from './pairs.js';

export type Outcomes = Record<NaiveValue, number>;

/** What was compared, and how often. A rule's triples count for everything that is in the rule. */
export class Tally {
  cases = 0;
  triples = 0;
  changes = 0;
  early = 0;
  readonly outcomes: Outcomes = { true: 0, false: 0, pending: 0, insufficient: 0 };
  readonly features = new Map<string, Outcomes>(FEATURES.map((name) => [name, none()]));
  readonly nested = new Map<string, number>();
  readonly beside = new Map<string, number>();

  add({ rule, segments }: OracleCase, { values, changes, early }: Comparison): void {
    const triples = values.true + values.false + values.pending + values.insufficient;
    this.cases += 1;
    this.triples += triples;
    this.changes += changes;
    this.early += early;
    join(this.outcomes, values);
    for (const feature of featuresOf(rule, segments)) {
      if (!this.features.has(feature)) this.features.set(feature, none());
      join(this.features.get(feature)!, values);
    }
    const { nested, beside } = pairsOf(rule, segments);
    for (const pair of nested) this.nested.set(pair, (this.nested.get(pair) ?? 0) + triples);
    for (const pair of beside) this.beside.set(pair, (this.beside.get(pair) ?? 0) + triples);
  }

  /** What of the language never came up. */
  missing(): string[] {
    return [...this.features].filter(([, outcomes]) => sumOf(outcomes) === 0).map(([name]) => name);
  }

  /** The pairs of conditions that never came up. */
  missingPairs(): string[] {
    const nested = OUTER_KINDS.flatMap((outer) => KINDS.map((inner) => `${outer} > ${inner}`));
    const beside = KINDS.flatMap((a, index) => KINDS.slice(index).map((b) => pairName(a, b)));
    return [...nested.filter((pair) => !this.nested.has(pair)), ...beside.filter((pair) => !this.beside.has(pair))];
  }
}

function none(): Outcomes {
  return { true: 0, false: 0, pending: 0, insufficient: 0 };
}

function join(all: Outcomes, some: Outcomes): void {
  all.true += some.true;
  all.false += some.false;
  all.pending += some.pending;
  all.insufficient += some.insufficient;
}

export function sumOf(outcomes: Outcomes): number {
  return outcomes.true + outcomes.false + outcomes.pending + outcomes.insufficient;
}
