import fc from 'fast-check';
import type {
  ActorChoice,
  CalendarUnit,
  EventName,
  EventSelector,
  PropertyTest,
  Scalar,
  Where,
  WindowFields,
} from '../../src/core/rule.js';
import { anyInstant, NAMES, NUMBERS, PREFIXES, SCALARS, type Tempo } from './arbitraries-worlds.js';
import { naiveDate } from './naive-values.js';
import { ms } from './naive-world.js';

/** Some of a type's fields. */
export type Some<T> = fc.Arbitrary<Partial<T>>;

/** A record of which every field may be missing, but not all of them. */
export function someOf<T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): Some<T> {
  return fc
    .record(fields, { requiredKeys: [] })
    .filter((record) => Object.keys(record).length > 0) as unknown as Some<T>;
}

/** One of the fields, most of the time; the oracle's counts show whether each comes often enough. */
export function oneOf<T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): Some<T> {
  const single = Object.entries(fields).map(([key, value]) =>
    (value as fc.Arbitrary<unknown>).map((given) => ({ [key]: given })),
  ) as Some<T>[];
  return fc.oneof(
    { arbitrary: fc.oneof(...single), weight: 4 },
    { arbitrary: fc.tuple(fc.oneof(...single), fc.oneof(...single)).map(([a, b]) => ({ ...a, ...b })), weight: 1 },
  );
}

const anyScalar = fc.constantFrom<Scalar>('a', 'a', 'b', ...SCALARS);
export const anyAmount = fc.constantFrom<number | string>(...NUMBERS);

function dateTexts({ dates }: Tempo): fc.Arbitrary<string> {
  const right = dates.filter((date) => typeof date === 'string' && naiveDate(date) !== undefined);
  return fc.constantFrom(...(right as string[]));
}

export const textOperators = {
  equals: anyScalar,
  not: anyScalar,
  in: fc.uniqueArray(anyScalar, { minLength: 1, maxLength: 3 }),
  notIn: fc.uniqueArray(anyScalar, { minLength: 1, maxLength: 2 }),
  exists: fc.boolean(),
  contains: fc.constantFrom<Scalar>('a', 'b', 7, null, true),
  startsWith: fc.constantFrom('a', 'b'),
  endsWith: fc.constantFrom('a', 'b'),
};
const amountOperators = { atLeast: anyAmount, atMost: anyAmount, above: anyAmount, below: anyAmount };

export function dateOperators(tempo: Tempo): { before: fc.Arbitrary<string>; onOrAfter: fc.Arbitrary<string> } {
  return { before: dateTexts(tempo), onOrAfter: dateTexts(tempo) };
}

/** A property and what it must be: mostly something that values of the property can be. */
export function anyTestedProperty(tempo: Tempo): fc.Arbitrary<[path: string, test: PropertyTest]> {
  const texts = fc.constantFrom('x', 'y', 'o.k', 'list', 'list.0', 'o.list');
  const anyTest = fc.oneof(oneOf(textOperators), oneOf(amountOperators), oneOf(dateOperators(tempo)));
  return fc.oneof(
    { arbitrary: fc.tuple(texts, anyScalar), weight: 2 },
    { arbitrary: fc.tuple(texts, oneOf(textOperators)), weight: 4 },
    { arbitrary: fc.tuple(fc.constantFrom('n', 'n', 'x'), oneOf(amountOperators)), weight: 3 },
    { arbitrary: fc.tuple(fc.constantFrom('on'), oneOf(dateOperators(tempo))), weight: 2 },
    { arbitrary: fc.tuple(fc.constantFrom('x', 'n', 'on', 'o', 'list', 'toString'), anyTest), weight: 1 },
  );
}

export function anyWhere(tempo: Tempo): fc.Arbitrary<Where> {
  return fc.array(anyTestedProperty(tempo), { minLength: 1, maxLength: 2 }).map((tests) => Object.fromEntries(tests));
}

const anyName = fc.oneof(
  { arbitrary: fc.constantFrom<EventName>('click', 'click', 'purchase'), weight: 7 },
  { arbitrary: fc.constantFrom<EventName>(...NAMES), weight: 1 },
  { arbitrary: fc.constantFrom(...PREFIXES).map((startsWith): EventName => ({ startsWith })), weight: 2 },
);

/** Missing in the other cases: every test and limit makes it less likely that anything is found. */
export function inPercent<T>(percent: number, fields: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> {
  return fc.oneof({ arbitrary: fc.constant({}), weight: 100 - percent }, { arbitrary: fields, weight: percent });
}

export function anySelector(tempo: Tempo): fc.Arbitrary<EventSelector> {
  return fc
    .tuple(
      anyName,
      inPercent(20, fc.record({ where: anyWhere(tempo) })),
      inPercent(20, fc.record({ by: fc.constantFrom<ActorChoice>('humans', 'strictHumans', 'machines', 'anyone') })),
      inPercent(20, fc.record({ gross: fc.boolean() })),
    )
    .map(([performed, where, by, gross]) => ({ performed, ...where, ...by, ...gross }));
}

export function anyWindow(tempo: Tempo): fc.Arbitrary<WindowFields> {
  const span = fc.constantFrom(...tempo.spans);
  const text = anyInstant(tempo).map((at) => new Date(at).toISOString());
  const pair = fc.tuple(span, span).filter(([a, b]) => ms(a) < ms(b));
  const units: CalendarUnit[] = ['day', 'week', 'month', 'quarter', 'year'];
  const periods = fc.oneof(
    fc.record({ last: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ current: fc.constant(true) }),
    fc.record({ last: fc.integer({ min: 1, max: 2 }), current: fc.boolean() }),
  );
  return fc.oneof(
    { arbitrary: fc.constant({}), weight: 2 },
    { arbitrary: fc.record({ within: span }), weight: 5 },
    { arbitrary: fc.record({ before: span }), weight: 1 },
    { arbitrary: pair.map(([before, within]) => ({ within, before })), weight: 2 },
    { arbitrary: text.map((from): WindowFields => ({ between: [from, null] })), weight: 1 },
    { arbitrary: text.map((to): WindowFields => ({ between: [null, to] })), weight: 1 },
    {
      arbitrary: fc
        .tuple(text, text)
        .filter(([from, to]) => from < to)
        .map((between): WindowFields => ({ between })),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(fc.constantFrom(...units), fc.constantFrom(...tempo.zones), periods)
        .map(([unit, timeZone, rest]): WindowFields => ({ calendar: { unit, timeZone, ...rest } })),
      weight: 4,
    },
  );
}
