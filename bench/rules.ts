/**
 * Evaluations a second of typical rules over a profile's events, beside the same rules written by hand in TypeScript, in
 * the same run. Both say the value and the exact instant of its next change; where they differ, the run fails. Both take
 * the events as the event log hands them out, distinct and in order of time; what the engine builds around them for an
 * evaluation counts as its time.
 *
 *   npm run bench -- rules --events 50 --profiles 500 --seed 1
 */
import { parseArgs } from 'node:util';
import { RuleCompiler, type Plan } from '../src/core/compile-rule.js';
import { evaluate } from '../src/core/evaluate.js';
import { History } from '../src/core/history.js';
import type { HistoryEvent } from '../src/core/history-event.js';
import type { Rule } from '../src/core/rule.js';
import { abandoned, clicked, lapsed, notClicked, type Hand } from './by-hand.js';
import { histories, NOW } from './histories.js';
import { randomNumbers } from '../test/support/random-numbers.js';
import { medianRate } from './measure.js';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '50' },
    profiles: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
});

interface Pair {
  name: string;
  rule: Rule;
  hand: Hand;
}

/** The n-th rule of the mix; each n is another rule. */
function pair(n: number): Pair {
  const cta = n < 4 ? (['replenish', 'cart'][n % 2] as string) : `cta-${n}`;
  switch (n % 4) {
    case 0:
      return { name: 'clicked', rule: { performed: 'click', where: { cta }, within: '30d' }, hand: clicked(cta) };
    case 1: {
      const notFollowedBy = { performed: 'purchase', within: '3d' };
      const rule = { performed: 'click', where: { cta }, within: '7d', notFollowedBy };
      return { name: 'abandoned', rule, hand: abandoned(cta) };
    }
    case 2: {
      const where = { campaign_id: n };
      const all = [
        { performed: 'email_delivered', where, within: '14d' },
        { not: { performed: 'click', where, within: '14d' } },
      ];
      return { name: 'not clicked', rule: { all }, hand: notClicked(n) };
    }
    default:
      return {
        name: 'lapsed',
        rule: { performed: 'purchase', count: { exactly: 0 }, within: `${30 + n}d` },
        hand: lapsed(30 + n),
      };
  }
}

const random = randomNumbers(Number(options.seed));
const known = histories(Number(options.profiles), Number(options.events), random, ['cta-4', 'cta-5', 'cta-8']);

/** Evaluates all rules over one profile; the sum keeps the work from being left out. */
function byEngine(plans: readonly Plan[], events: readonly HistoryEvent[]): number {
  const history = History.inOrder(events);
  let sum = 0;
  for (const plan of plans) sum += evaluate(plan, history, NOW).isMember ? 1 : 0;
  return sum;
}

function byHand(hands: readonly Hand[], events: readonly HistoryEvent[]): number {
  let sum = 0;
  for (const hand of hands) sum += hand(events, NOW).value === 'true' ? 1 : 0;
  return sum;
}

function compare(plans: readonly Plan[], pairs: readonly Pair[]): void {
  for (const events of known) {
    const history = History.inOrder(events);
    pairs.forEach(({ hand, rule }, index) => {
      const { value, nextChangeAt } = evaluate(plans[index]!, history, NOW);
      const expected = hand(events, NOW);
      if (value !== expected.value || (nextChangeAt ?? Infinity) !== expected.nextChangeAt) {
        const both = JSON.stringify({ rule, engine: { value, nextChangeAt }, hand: expected, events });
        throw new Error(`They differ: ${both}`);
      }
    });
  }
}

function measure(name: string, pairs: readonly Pair[]): { name: string; figure: number; ceiling: number } {
  const compiler = new RuleCompiler();
  const plans = pairs.map(({ rule }) => compiler.plan(rule));
  const hands = pairs.map(({ hand }) => hand);
  compare(plans, pairs);
  const [figure, ceiling] = medianRate(known, pairs.length, [
    (events) => byEngine(plans, events),
    (events) => byHand(hands, events),
  ]);
  const shown = (rate: number): string => Math.round(rate).toLocaleString('en').padStart(12);
  console.log(`${name.padEnd(16)}${shown(figure!)}${shown(ceiling!)}${(figure! / ceiling!).toFixed(2).padStart(9)}`);
  return { name, figure: Math.round(figure!), ceiling: Math.round(ceiling!) };
}

const rules = (number: number): Pair[] => Array.from({ length: number }, (_, n) => pair(n));

console.log(`${'evaluations/s'.padEnd(16)}${'engine'.padStart(12)}${'by hand'.padStart(12)}${'ratio'.padStart(9)}`);
const each = rules(4).map((one) => measure(one.name, [one]));
const one = measure('mix of 4', rules(4));
const hundred = measure('100 rules', rules(100));
const thousand = measure('1000 rules', rules(1_000));
const ratio = one.figure / one.ceiling;
console.log(
  JSON.stringify({
    name: 'rules',
    figure: one.figure,
    unit: 'evaluations/s',
    ceiling: one.ceiling,
    ratio: Math.round(ratio * 100) / 100,
    each,
    hundred,
    thousand,
    events: Number(options.events),
    seed: Number(options.seed),
  }),
);
