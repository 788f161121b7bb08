import { compileRule, historyNeeded, RuleCompiler } from './compile-rule.js';
import type { Rule } from './rule.js';

const clicked = (cta: string): Rule => ({ performed: 'click', where: { cta }, within: '7d' });

describe('a compiler', () => {
  it('makes equal rules of several segments one, so that what they say of a history is worked out once', () => {
    const compiler = new RuleCompiler(new Map([['clicked', clicked('cart')]]));
    const { condition } = compiler.plan(clicked('cart'));
    expect(compiler.plan(clicked('cart')).condition).toBe(condition);
    expect(compiler.plan(clicked('guide')).condition).not.toBe(condition);
    const [all, again] = [1, 2].map(() => compiler.plan({ all: [clicked('cart'), { segment: 'clicked' }] }));
    expect(again!.condition).toBe(all!.condition);
    expect(all!.matchers).toEqual(condition.matchers);
  });
});

it('plans together need each event as far back as the one of them that reaches furthest, and no further', () => {
  const rules: Rule[] = [
    { performed: 'click', within: '2d' },
    { performed: 'purchase', within: '90d' },
    { performed: 'click', within: '7d', notFollowedBy: { performed: 'purchase', within: '3d' } },
    { performed: { startsWith: 'email_' }, within: '5d' },
  ];
  const days = historyNeeded(rules.map((rule) => compileRule(rule))).map(
    ({ name, lookback }) => [name, lookback / 86_400_000] as const,
  );
  expect(days).toEqual([
    ['click', 7],
    ['purchase', 90],
    ['order_cancelled', 90],
    ['order_refunded', 90],
    [{ startsWith: 'email_' }, 5],
  ]);
});
