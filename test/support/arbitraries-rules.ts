import fc from 'fast-check';
import type { Aggregate, AttributeRule, FollowerStep, OneEvent, PerformedRule, Rule } from '../../src/core/rule.js';
import {
  anyAmount,
  anySelector,
  anyTestedProperty,
  anyWhere,
  anyWindow,
  dateOperators,
  inPercent,
  oneOf,
  someOf,
  textOperators,
} from './arbitraries-selectors.js';
import type { Tempo } from './arbitraries-worlds.js';
import { ms } from './naive-world.js';

const anyNumber = fc.integer({ min: 0, max: 3 });
const anyCount = fc.oneof(
  fc.record({ atLeast: anyNumber }),
  fc.record({ atMost: anyNumber }),
  fc.record({ exactly: anyNumber }),
  fc.record({ atLeast: fc.integer({ min: 0, max: 2 }), atMost: fc.integer({ min: 2, max: 3 }) }),
);

const someBounds = fc.oneof(
  fc.record({ atLeast: anyAmount }),
  fc.record({ above: anyAmount }),
  fc.record({ atMost: anyAmount }),
  fc.record({ below: anyAmount }),
  fc.record({ exactly: anyAmount }),
  fc.record({ atLeast: fc.constantFrom(-2.5, 0, '0.1', 1), atMost: fc.constantFrom('5.00', 10, 1e21) }),
  fc.record({ above: fc.constantFrom(-3, 0, '0.1', 1), below: fc.constantFrom('5.00', 10, 1e21) }),
);
const anyCurrency = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  { arbitrary: fc.constant({ currency: null }), weight: 2 },
  { arbitrary: fc.record({ currency: fc.constantFrom('EUR', 'USD') }), weight: 1 },
  {
    arbitrary: fc.record({
      currency: fc.constant('EUR'),
      rates: fc.constantFrom<Record<string, number | string>>({ USD: '0.5' }, { USD: 0.9, GBP: '1.15' }, { USD: 1e-7 }),
    }),
    weight: 4,
  },
);
const anyAggregate: fc.Arbitrary<Aggregate> = fc
  .tuple(fc.constantFrom('n', 'n', 'n', 'n', 'revenue', 'revenue', 'o.k'), someBounds, anyCurrency)
  .map(([property, bounds, currency]) => ({ property, ...bounds, ...currency }));
const anyDistinct = fc
  .tuple(fc.constantFrom('x', 'n', 'list', 'o', 'o.k'), anyCount)
  .map(([property, count]) => ({ property, ...count }));

/** Steps of a sequence, up to so many, each followed by the next or not. */
function anyStep(tempo: Tempo, steps: number): fc.Arbitrary<FollowerStep> {
  return fc
    .tuple(
      anySelector(tempo),
      inPercent(70, fc.record({ within: fc.constantFrom(...tempo.spans) })),
      inPercent(30, fc.record({ same: fc.constantFrom<string[]>(['y'], ['y'], ['x'], ['o.k'], ['x', 'y']) })),
      steps > 1 ? inPercent(40, anySteps(tempo, steps - 1)) : fc.constant({}),
    )
    .map((parts) => Object.assign({}, ...parts) as FollowerStep);
}

function anySteps(tempo: Tempo, steps: number): fc.Arbitrary<Pick<FollowerStep, 'followedBy' | 'notFollowedBy'>> {
  const step = anyStep(tempo, steps);
  return fc.oneof(fc.record({ followedBy: step }), fc.record({ notFollowedBy: step }));
}

function anySequence(tempo: Tempo): fc.Arbitrary<Partial<PerformedRule>> {
  const which = fc.oneof(
    fc.constant({}),
    fc.record({ anchor: fc.constantFrom('any' as const, 'first' as const, 'last' as const) }),
    fc.record({ count: anyCount }),
    fc.record({ count: anyCount, anchor: fc.constant('any' as const) }),
  );
  return fc.tuple(anySteps(tempo, 3), which).map(([steps, rest]) => ({ ...steps, ...rest }));
}

function anyPerformed(tempo: Tempo): fc.Arbitrary<PerformedRule> {
  const span = fc.constantFrom(...tempo.spans);
  const ages = someOf({ olderThan: span, youngerThan: span }).filter(
    ({ olderThan, youngerThan }) => !olderThan || ms(olderThan) < ms(youngerThan),
  );
  const one: fc.Arbitrary<OneEvent> = fc.oneof(
    fc.record({ where: anyWhere(tempo) }),
    fc.tuple(ages, inPercent(30, fc.record({ where: anyWhere(tempo) }))).map(([a, b]) => ({ ...a, ...b })),
  );
  const what: fc.Arbitrary<Partial<PerformedRule>> = fc.oneof(
    { arbitrary: fc.constant({}), weight: 2 },
    { arbitrary: fc.record({ count: anyCount }), weight: 3 },
    { arbitrary: fc.record({ sum: anyAggregate }), weight: 2 },
    { arbitrary: fc.record({ min: anyAggregate }), weight: 1 },
    { arbitrary: fc.record({ max: anyAggregate }), weight: 1 },
    { arbitrary: fc.record({ avg: anyAggregate }), weight: 1 },
    { arbitrary: fc.record({ distinct: anyDistinct }), weight: 1 },
    { arbitrary: one.map((first) => ({ first })), weight: 2 },
    { arbitrary: one.map((last) => ({ last })), weight: 2 },
    { arbitrary: anySequence(tempo), weight: 8 },
  );
  return fc.tuple(anySelector(tempo), anyWindow(tempo), what).map(([a, b, c]) => ({ ...a, ...b, ...c }));
}

/** About revenue, close to what refunds may leave of it. */
function anyRevenueRule(tempo: Tempo): fc.Arbitrary<PerformedRule> {
  const bound = fc.constantFrom('2.5', 5, '7.50', 10, '12.5', 15, '17.5', 20);
  const bounds = fc.oneof(...(['exactly', 'atLeast', 'below'] as const).map((name) => fc.record({ [name]: bound })));
  const aggregate = bounds.map((bounds) => ({ property: 'revenue', currency: null, ...bounds }));
  const kind = fc.constantFrom('sum', 'min', 'max', 'avg');
  return fc
    .tuple(anyWindow(tempo), kind, aggregate, inPercent(10, fc.constant({ gross: true })))
    .map(([window, name, given, gross]) => ({ performed: 'purchase', ...window, [name]: given, ...gross }));
}

function anyAttribute(tempo: Tempo, mayLast: boolean): fc.Arbitrary<AttributeRule> {
  const span = fc.constantFrom(...tempo.spans);
  const zone = fc.constantFrom(...tempo.zones);
  const relative = oneOf({ withinLast: span, olderThan: span, withinNext: span, furtherThan: span });
  const anniversary = fc.oneof(fc.record({ timeZone: zone }), fc.record({ timeZone: zone, within: span }));
  const date = fc.constantFrom('on', 'born');
  const tested = anyTestedProperty(tempo).map(([attribute, test]) =>
    typeof test === 'object' && test !== null ? { attribute, ...test } : { attribute, equals: test },
  );
  const about: fc.Arbitrary<Omit<AttributeRule, 'for'>> = fc.oneof(
    { arbitrary: tested, weight: 4 },
    { arbitrary: fc.tuple(date, relative).map(([attribute, dates]) => ({ attribute, ...dates })), weight: 3 },
    { arbitrary: anniversary.map((given) => ({ attribute: 'born', anniversary: given })), weight: 1 },
    {
      arbitrary: fc
        .tuple(date, relative, oneOf(textOperators), oneOf(dateOperators(tempo)))
        .map(([attribute, ...operators]) => Object.assign({ attribute }, ...operators) as AttributeRule),
      weight: 1,
    },
  );
  const lasting = fc.record({ for: span });
  return fc.tuple(about, mayLast ? inPercent(50, lasting) : fc.constant({})).map(([a, b]) => ({ ...a, ...b }));
}

const anyBucket = fc
  .tuple(
    fc.constantFrom('s', 'spring-test', 'Köder'),
    fc.uniqueArray(fc.constantFrom(0, 12.5, 25, 50, 75, 100), { minLength: 2, maxLength: 2 }),
  )
  .map(([seed, [a = 0, b = 0]]) => ({ bucket: { seed, from: Math.min(a, b), to: Math.max(a, b) } }));

/** Which segments a rule may name, and whether something in it may have to last. */
export interface RuleLimits {
  segments: readonly string[];
  mayLast: boolean;
  depth: number;
}

function anyLeaf(tempo: Tempo, { segments, mayLast }: RuleLimits): fc.Arbitrary<Rule> {
  const leaves: { arbitrary: fc.Arbitrary<Rule>; weight: number }[] = [
    { arbitrary: anyPerformed(tempo), weight: 14 },
    { arbitrary: anyRevenueRule(tempo), weight: 1 },
    { arbitrary: anyAttribute(tempo, mayLast), weight: 4 },
    { arbitrary: anyBucket, weight: 1 },
    { arbitrary: fc.constant({ everyone: true }), weight: 1 },
  ];
  if (segments.length > 0) {
    const segment = fc.record({ segment: fc.constantFrom(...segments) });
    const lasting = fc.record({ for: fc.constantFrom(...tempo.spans) });
    leaves.push({
      arbitrary: fc
        .tuple(segment, mayLast ? inPercent(50, lasting) : fc.constant({}))
        .map(([a, b]) => ({ ...a, ...b })),
      weight: 4,
    });
  }
  return fc.oneof({ withCrossShrink: true }, ...leaves);
}

/** Any rule of the language, up to a depth. */
export function anyRule(tempo: Tempo, limits: RuleLimits): fc.Arbitrary<Rule> {
  const leaf = anyLeaf(tempo, limits);
  return fc.letrec<{ rule: Rule }>((tie) => {
    const several = fc.array(tie('rule'), { minLength: 1, maxLength: 3 });
    return {
      rule: fc.oneof(
        { maxDepth: limits.depth, withCrossShrink: true },
        { arbitrary: leaf, weight: 6 },
        { arbitrary: fc.record({ not: tie('rule') }), weight: 1 },
        { arbitrary: fc.record({ all: several }), weight: 1 },
        { arbitrary: fc.record({ any: several }), weight: 1 },
        {
          arbitrary: several.chain((of) => fc.integer({ min: 1, max: of.length }).map((atLeast) => ({ atLeast, of }))),
          weight: 1,
        },
      ),
    };
  }).rule;
}
