import fc from 'fast-check';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventSelector, FollowerStep, PerformedRule, Rule } from '../../src/core/rule.js';
import { T0 } from './builders.js';

// Few names, values and instants on purpose: they must meet each other, and windows must end where events happen.
const SPANS = ['1s', '2s', '3s', '5s'];
const NAMES = ['click', 'purchase'];
const VALUES = ['a', 'b', 'ab'];

const anyTest = fc.oneof(
  fc.constantFrom<string | null>(...VALUES, null),
  fc.record({ in: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1 }) }),
  fc.record({ not: fc.constantFrom(...VALUES) }),
  fc.record({ equals: fc.constantFrom(...VALUES) }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ startsWith: fc.constantFrom('a', 'b') }),
  fc.record({ endsWith: fc.constantFrom('a', 'b') }),
  fc.record({ contains: fc.constantFrom('a', 'b') }),
);

const anySelector: fc.Arbitrary<EventSelector> = fc.record(
  {
    performed: fc.constantFrom(...NAMES),
    where: fc.dictionary(fc.constantFrom('x', 'y'), anyTest, { minKeys: 1, maxKeys: 2 }),
    by: fc.constantFrom('humans' as const, 'strictHumans' as const, 'machines' as const, 'anyone' as const),
    gross: fc.boolean(),
  },
  { requiredKeys: ['performed'] },
);

const anyStep: fc.Arbitrary<FollowerStep> = fc
  .tuple(
    anySelector,
    fc.record(
      { within: fc.constantFrom(...SPANS), same: fc.constantFrom<string[]>(['x'], ['x', 'y']) },
      { requiredKeys: [] },
    ),
  )
  .map(([selector, rest]) => ({ ...selector, ...rest }));

const anyCount = fc.oneof(
  fc.record({ atLeast: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ atMost: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ exactly: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ atLeast: fc.integer({ min: 0, max: 2 }), atMost: fc.integer({ min: 2, max: 3 }) }),
);

const anyPerformed: fc.Arbitrary<PerformedRule> = fc
  .tuple(
    anySelector,
    fc.record({ within: fc.constantFrom(...SPANS) }, { requiredKeys: [] }),
    fc.oneof(
      fc.constant({}),
      fc.record({ count: anyCount }),
      fc.record({ followedBy: anyStep }),
      fc.record({ notFollowedBy: anyStep }),
    ),
  )
  .map(([selector, window, rest]) => ({ ...selector, ...window, ...rest }));

/** Any rule of the language, up to a depth. */
export const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyPerformed as fc.Arbitrary<Rule>,
    fc.record({ not: tie('rule') }),
    fc.record({ all: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }) }),
  ),
})).rule;

/** Instants on whole and half seconds and their neighbours, so that boundaries are hit to the millisecond. */
export const anyInstant: fc.Arbitrary<number> = fc
  .tuple(fc.integer({ min: 0, max: 24 }), fc.constantFrom(-1, 0, 1))
  .map(([half, off]) => T0 + half * 500 + off);

const anyEvent: fc.Arbitrary<HistoryEvent> = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((n) => `e${n}`),
  name: fc.constantFrom('click', 'click', 'purchase', 'purchase', 'order_cancelled', 'order_refunded'),
  occurredAt: anyInstant,
  properties: fc.record(
    {
      x: fc.constantFrom<unknown>(...VALUES, null),
      y: fc.constantFrom<unknown>(...VALUES),
      order_id: fc.constantFrom('1', '2'),
      revenue: fc.constantFrom('10.00', '5'),
      amount: fc.constantFrom('10', '5.00'),
      actor_class: fc.constantFrom('human', 'suspect', 'machine'),
    },
    { requiredKeys: ['order_id', 'amount'] },
  ),
});

const REVENUE: Record<string, string> = { '1': '10.00', '2': '5' };

/** A history whose ids are unique, in any order. */
export const anyHistory: fc.Arbitrary<HistoryEvent[]> = fc
  .uniqueArray(anyEvent, { maxLength: 10, selector: (event) => event.id })
  .map((events) =>
    events.map((event) => ({
      ...event,
      properties: { ...event.properties, revenue: REVENUE[event.properties.order_id as string] },
    })),
  );
