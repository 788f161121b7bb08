import { ctasNamed } from './ctas-named.js';

describe('the CTAs that a rule names', () => {
  it.each<[string, unknown, string[]]>([
    ['by a bare key', { performed: 'click', where: { cta: 'cart' } }, ['cart']],
    ['by operators for whole keys', { where: { cta: { in: ['a', 'b'], notIn: ['c'] } } }, ['a', 'b', 'c']],
    [
      'by "equals" and "not"',
      { any: [{ where: { cta: { equals: 'a' } } }, { where: { cta: { not: 'b' } } }] },
      ['a', 'b'],
    ],
    ['each once', { all: [{ where: { cta: 'a' } }, { not: { where: { cta: 'a' } } }] }, ['a']],
    ['in a step', { performed: 'click', followedBy: { performed: 'click', where: { cta: 'next' } } }, ['next']],
    ['in what holds rules', { branches: [{ key: 'x', rule: { where: { cta: 'deep' } } }] }, ['deep']],
    ['but not by a part of a key', { where: { cta: { startsWith: 'cart_', exists: true } } }, []],
    ['but not by another property', { where: { campaign: 'a' } }, []],
    ['but not by null or a number', { where: { cta: null }, other: { where: { cta: 7 } } }, []],
    ['but not where "where" is something else', { where: 'cta', and: { where: null } }, []],
    ['but not outside of "where"', { attribute: 'cta', equals: 'a', cta: 'b' }, []],
  ])('%s', (_, rule, keys) => {
    expect(ctasNamed(rule)).toEqual(keys);
  });
});
