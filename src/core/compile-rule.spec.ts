import { RuleCompiler } from './compile-rule.js';
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
