/**
 * What an event costs with 1,000 published segments of which it touches 5, against only those 5: finding the rules that it
 * touches, and bringing their memberships up to date. The ceiling is the time with only those 5, in the same run.
 *
 *   npm run bench -- touch --segments 1000 --touched 5 --events 50 --profiles 300 --seed 1
 */
import { parseArgs } from 'node:util';
import { RuleCompiler } from '../src/core/compile-rule.js';
import { History } from '../src/core/history.js';
import type { HistoryEvent } from '../src/core/history-event.js';
import { advanceMembership } from '../src/core/membership.js';
import type { Rule } from '../src/core/rule.js';
import { TouchIndex } from '../src/core/touch-index.js';
import type { Plan } from '../src/core/compile-rule.js';
import { histories, NOW } from './histories.js';
import { randomNumbers } from '../test/support/random-numbers.js';
import { medianRate } from './measure.js';

const { values: options } = parseArgs({
  options: {
    segments: { type: 'string', default: '1000' },
    touched: { type: 'string', default: '5' },
    events: { type: 'string', default: '50' },
    profiles: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const [segments, touched] = [Number(options.segments), Number(options.touched)];

/** The first rules are about the CTA of the event; each of the others is about one of its own. */
function ruleOf(n: number): Rule {
  const click = { performed: 'click', where: { cta: n < touched ? 'replenish' : `cta-${n}` } };
  const kinds: Rule[] = [
    { ...click, within: `${n + 1}h` },
    { ...click, within: '7d', notFollowedBy: { performed: 'refill', within: `${n + 1}m` } },
    {
      all: [
        { ...click, within: '14d' },
        { ...click, count: { atMost: 100 + n }, within: '90d' },
      ],
    },
  ];
  return kinds[n % kinds.length]!;
}

const plansOf = (number: number): Plan[] => {
  const compiler = new RuleCompiler();
  return Array.from({ length: number }, (_, n) => compiler.plan(ruleOf(n)));
};

const known = histories(Number(options.profiles), Number(options.events), randomNumbers(Number(options.seed)));
const arrival: HistoryEvent = {
  id: 'new',
  name: 'click',
  occurredAt: NOW,
  properties: { cta: 'replenish', campaign_id: 1 },
  isNew: true,
};

/** What an event takes: the memberships of the rules that it touches, brought up to date. */
function program(number: number): (events: readonly HistoryEvent[]) => number {
  const index = new TouchIndex(plansOf(number).map((plan, key) => [{ key, plan }, plan] as const));
  if (index.touchedBy(arrival).size !== touched) throw new Error('another number of rules is touched');
  return (events) => {
    const history = History.ofDistinct([...events, arrival]);
    let sum = 0;
    for (const { plan } of index.touchedBy(arrival)) {
      const stretch = { wasMember: false, from: NOW, until: NOW };
      sum += advanceMembership(plan, history, stretch).transitions.length;
    }
    return sum;
  };
}

const [ceiling, figure, tenfold] = medianRate(known, 1, [program(touched), program(segments), program(10 * segments)]);
const microseconds = (rate: number): number => Math.round(1e8 / rate) / 100;
console.log(`only those ${touched}: ${microseconds(ceiling!)} µs an event`);
console.log(`among ${segments}: ${microseconds(figure!)} µs`);
console.log(`among ${10 * segments}: ${microseconds(tenfold!)} µs`);
const ratio = Math.round((figure! / ceiling!) * 1_000) / 1_000;
console.log(
  JSON.stringify({
    name: 'touch',
    figure: microseconds(figure!),
    unit: 'µs/event',
    ceiling: microseconds(ceiling!),
    ratio,
    segments,
    touched,
    tenfold: microseconds(tenfold!),
  }),
);
if (ratio < 1 / 1.5) process.exitCode = 1;
