/**
 * How many wake-ups by time are wasted: instants at which a profile is looked at although nothing happened, and nothing has
 * changed. The engine's next change against the earliest change of any part of the rule, and against a look every day.
 *
 *   npm run bench -- wakeups --profiles 100 --events 60 --seed 1
 */
import { parseArgs } from 'node:util';
import { RuleCompiler, type Plan } from '../src/core/compile-rule.js';
import { evaluate } from '../src/core/evaluate.js';
import { History } from '../src/core/history.js';
import type { HistoryEvent } from '../src/core/history-event.js';
import { advanceMembership } from '../src/core/membership.js';
import { nodesOf } from '../src/core/references.js';
import type { Rule } from '../src/core/rule.js';
import { DAY, histories, NOW } from './histories.js';
import { randomNumbers } from '../test/support/random-numbers.js';

const { values: options } = parseArgs({
  options: {
    profiles: { type: 'string', default: '100' },
    events: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
});

const click = (cta: string, within: string): Rule => ({ performed: 'click', where: { cta }, within });
const bought = (within: string): Rule => ({ performed: 'purchase', within });

/** A shop's rules, from the cookbook. */
const MIX: Record<string, Rule> = {
  replenishment: click('replenish', '30d'),
  'abandoned cart': {
    all: [
      {
        performed: 'click',
        where: { cta: 'cart' },
        within: '7d',
        notFollowedBy: { performed: 'purchase', within: '3d' },
      },
      { not: bought('7d') },
    ],
  },
  'not clicked': {
    all: [{ performed: 'email_delivered', within: '14d' }, { not: { performed: 'click', within: '14d' } }],
  },
  'frequent clicker': { performed: 'click', count: { atLeast: 5 }, within: '30d' },
  'lapsed buyer': { all: [bought('365d'), { not: bought('60d') }] },
  vip: { performed: 'purchase', within: '90d', sum: { property: 'revenue', currency: 'EUR', atLeast: 500 } },
  engaged: { atLeast: 2, of: [click('product', '14d'), click('guide', '30d'), bought('30d')] },
  'this month': { performed: 'purchase', calendar: { unit: 'month', current: true, timeZone: 'Europe/Berlin' } },
};

interface Wakeups {
  all: number;
  useful: number;
}

const START = NOW - 120 * DAY;
const compiler = new RuleCompiler();

/** When a profile is looked at next, from what is known now; and whether the look found anything. */
type NextLook = (history: History, at: number) => number;

/** The engine wakes when it said that the membership changes. */
const engine =
  (plan: Plan): NextLook =>
  (history, at) => {
    const wasMember = evaluate(plan, history, at).isMember;
    return advanceMembership(plan, history, { wasMember, from: at, until: at }).dueAt ?? Infinity;
  };

/** The earliest change of any part. */
const parts =
  (leaves: readonly Plan[]): NextLook =>
  (history, at) =>
    Math.min(...leaves.map((leaf) => evaluate(leaf, history, at).nextChangeAt ?? Infinity));

const daily: NextLook = (_history, at) => at + DAY - ((at - START) % DAY);

/** The looks between the events: each event is known from its own instant on, and looked at then anyhow. */
function wakeupsOf(plan: Plan, events: readonly HistoryEvent[], next: NextLook): Wakeups {
  const wakeups = { all: 0, useful: 0 };
  events.forEach((event, index) => {
    const history = History.ofDistinct(events.slice(0, index + 1));
    const end = events[index + 1]?.occurredAt ?? NOW;
    let wasMember = evaluate(plan, history, event.occurredAt).isMember;
    for (let at = next(history, event.occurredAt); at < end; at = next(history, at)) {
      const { isMember } = evaluate(plan, history, at);
      wakeups.all += 1;
      if (isMember !== wasMember) wakeups.useful += 1;
      wasMember = isMember;
    }
  });
  return wakeups;
}

function add(to: Wakeups, more: Wakeups): void {
  to.all += more.all;
  to.useful += more.useful;
}

const known = histories(Number(options.profiles), Number(options.events), randomNumbers(Number(options.seed)));
const total = [0, 1, 2].map((): Wakeups => ({ all: 0, useful: 0 }));
console.log(`${'useful of all'.padEnd(20)}${['engine', 'parts', 'daily'].map((name) => name.padStart(18)).join('')}`);
for (const [name, rule] of Object.entries(MIX)) {
  const plan = compiler.plan(rule);
  const leaves = nodesOf(rule)
    .filter((node) => 'performed' in node.rule)
    .map((node) => compiler.plan(node.rule));
  const own = [0, 1, 2].map((): Wakeups => ({ all: 0, useful: 0 }));
  const looks = [engine(plan), parts(leaves), daily];
  for (const events of known) {
    looks.forEach((next, index) => {
      const one = wakeupsOf(plan, events, next);
      add(own[index]!, one);
      add(total[index]!, one);
    });
  }
  console.log(`${name.padEnd(20)}${own.map(({ all, useful }) => `${useful} of ${all}`.padStart(18)).join('')}`);
}
const share = ({ all, useful }: Wakeups): number => Math.round((useful / all) * 1_000) / 1_000;
console.log(
  JSON.stringify({
    name: 'wakeups',
    figure: share(total[0]!),
    unit: 'share of wake-ups that change a membership',
    ceiling: 1,
    ratio: share(total[0]!),
    parts: share(total[1]!),
    daily: share(total[2]!),
    wakeups: total[0]!.all,
    seed: Number(options.seed),
  }),
);
