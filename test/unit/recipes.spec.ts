import { readFileSync } from 'node:fs';
import { say } from '../../src/core/compile-rule.js';
import { parseRule } from '../../src/core/parse-rule.js';
import { simulate } from '../../src/core/simulate.js';
import { filledIn, parameterProblems, type Recipe } from '../../src/segments/recipe.js';
import { RECIPES } from '../../src/segments/recipes.js';
import { RETENTION } from '../support/builders.js';
import { fencesIn } from '../support/doc-examples.js';

interface Simulation {
  rule: unknown;
  expect: { at: string; value: string }[];
}

const fences = fencesIn(readFileSync('docs/rules.md', 'utf8'));
const rules = fences.filter(({ info }) => info === 'json rule').map(({ text }) => JSON.parse(text) as unknown);
const simulations = fences
  .filter(({ info }) => info === 'json simulation')
  .map(({ text }) => JSON.parse(text) as Simulation);

const cases = RECIPES.map((recipe): [string, Recipe] => [recipe.key, recipe]);

describe('recipes', () => {
  it.each(cases)('%s is, as it stands, a rule of the cookbook, and does what its timeline shows', (_, recipe) => {
    const rule = filledIn(recipe, {});
    expect(rules).toContainEqual(rule);
    const own = simulations.filter((one) => JSON.stringify(sorted(one.rule)) === JSON.stringify(sorted(rule)));
    expect(own.length).toBeGreaterThan(0);
    for (const { expect: expected, ...request } of own) {
      const answer = simulate({ ...request, rule, at: expected.map(({ at }) => at) }, RETENTION);
      if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
      expect(answer.results.map(({ at, value }) => ({ at, value }))).toEqual(
        expected.map(({ at, value }) => ({ at, value })),
      );
    }
  });

  it.each(cases)('%s uses each of its parameters', (_, recipe) => {
    const other = { text: 'other', number: 4, duration: '2d', amount: '1.50' };
    const asItIs = JSON.stringify(filledIn(recipe, {}));
    for (const [name, { kind }] of Object.entries(recipe.parameters)) {
      expect([name, JSON.stringify(filledIn(recipe, { [name]: other[kind] }))]).not.toEqual([name, asItIs]);
    }
  });

  it('are rules in English whatever is filled in, or refused like any rule', () => {
    const cart = RECIPES.find((one) => one.key === 'abandoned-cart')!;
    const parsed = parseRule(filledIn(cart, { cta: 'basket', patience: '2h' }), RETENTION);
    expect(parsed.ok && say(parsed.rule)).toContain('cta is "basket" in the last 7 days, not followed within 2 hours');
    expect(parseRule(filledIn(cart, { patience: 'soon' }), RETENTION)).toMatchObject({
      ok: false,
      problems: [{ pointer: '/notFollowedBy/within' }],
    });
    expect(parameterProblems(cart, { cta: ['cart'], colour: 'red' })).toMatchObject([
      { name: 'cta', expected: 'a text' },
      { name: 'colour', expected: 'one of cta, window, patience' },
    ]);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
