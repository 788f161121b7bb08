import fc from 'fast-check';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR } from './builders.js';
import { naiveValue } from './naive-evaluator.js';
import { changeInstants } from './naive-instants.js';
import { worldOf } from './naive-world.js';

/** How an event gets in. An event always takes the same way, since its id counts within its source alone. */
export type Way = 'call' | 'webhook' | 'import';

/** An event of one of a few people, before it is told under some of their identifiers. */
export interface DrawnEvent {
  person: number;
  /** Which of the person's identifiers it names. */
  names: string[];
  way: Way;
  event: { name: string; secondsAgo: number; properties: Record<string, unknown> };
}

/** What comes in together, by the place of each event in the list; any may come again and again. */
export type Delivery = { events: number[]; hoursLater: number };

export interface DrawnWorld {
  events: DrawnEvent[];
  deliveries: Delivery[];
  /** Looks at the clock after everything has come, in hours. */
  later: number[];
}

/** Segments of each kind that a merge may touch; the later ones rest on earlier ones. */
export const SEGMENTS: Readonly<Record<string, Rule>> = {
  clicked: { performed: 'click', within: '5d' },
  often: { performed: 'click', within: '9d', count: { atLeast: 3 } },
  idle: { performed: 'click', within: '3d', count: { exactly: 0 } },
  spender: { performed: 'purchase', within: '12d', sum: { property: 'revenue', currency: 'EUR', atLeast: '50' } },
  left: {
    performed: 'click',
    where: { page: 'cart' },
    within: '8d',
    notFollowedBy: { performed: 'purchase', within: '1d' },
  },
  german: { attribute: 'country', equals: 'DE' },
  lapsed: { performed: 'purchase', last: { olderThan: '4d' } },
  both: { all: [{ segment: 'clicked' }, { not: { segment: 'german' } }] },
  two: { atLeast: 2, of: [{ segment: 'often' }, { segment: 'spender' }, { segment: 'idle' }] },
};

const STRONG = ['customer_id', 'cio_id', 'email', 'phone', 'shopify_customer_id', 'anonymous_id', 'anonymous_id2'];

const content = fc.oneof(
  fc.record({ name: fc.constant('click'), properties: fc.record({ page: fc.constantFrom('cart', 'home') }) }),
  fc.record({
    name: fc.constant('purchase'),
    properties: fc.record({ revenue: fc.constantFrom('10.00', '30.00'), currency: fc.constant('EUR') }),
  }),
  fc.record({ name: fc.constant('identify'), properties: fc.record({ country: fc.constantFrom('DE', 'AT') }) }),
);

const drawnEvent = (people: number): fc.Arbitrary<DrawnEvent> =>
  fc
    .record({
      person: fc.nat({ max: people - 1 }),
      names: fc.uniqueArray(fc.constantFrom(...STRONG), { minLength: 1, maxLength: 3 }),
      way: fc.constantFrom<Way>('call', 'call', 'webhook', 'import'),
      secondsAgo: fc.oneof(fc.nat({ max: 9 * DAY }), fc.constantFrom(0, DAY, 3 * DAY, 5 * DAY)).map((ms) => ms / 1_000),
      content,
    })
    .map(({ secondsAgo, content: { name, properties }, ...rest }) => ({
      ...rest,
      event: { name, secondsAgo: Math.floor(secondsAgo), properties },
    }));

/** Events of some people, cut into deliveries in any order, some of them twice and more. */
export const identityWorlds: fc.Arbitrary<DrawnWorld> = fc
  .integer({ min: 1, max: 3 })
  .chain((people) => fc.array(drawnEvent(people), { minLength: 4, maxLength: 16 }))
  .chain((events) =>
    fc.record({
      events: fc.constant(events),
      order: fc.shuffledSubarray([...events.keys()], { minLength: events.length }),
      again: fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 6 }),
      cuts: fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), hoursLater: fc.constantFrom(0, 0, 0, 1, 20) }), {
        minLength: 24,
        maxLength: 24,
      }),
      later: fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
    }),
  )
  .map(({ events, order, again, cuts, later }) => ({
    events,
    deliveries: cutUp([...order, ...again], cuts),
    later: later.sort((a, b) => a - b),
  }));

function cutUp(order: readonly number[], cuts: readonly { size: number; hoursLater: number }[]): Delivery[] {
  const deliveries: Delivery[] = [];
  let from = 0;
  for (const { size, hoursLater } of cuts) {
    if (from >= order.length) break;
    deliveries.push({ events: order.slice(from, from + size), hoursLater });
    from += size;
  }
  return deliveries;
}

/** Which of some lists of identifiers are about the same person: those that share one, and those that share one with these. */
export function groupsOf(lists: readonly (readonly string[])[]): number[][] {
  const groups: { keys: Set<string>; members: number[] }[] = [];
  for (const [index, list] of lists.entries()) {
    const met = groups.filter((group) => list.some((key) => group.keys.has(key)));
    const joined = { keys: new Set([...list, ...met.flatMap((one) => [...one.keys])]), members: [index] };
    for (const group of met) joined.members.push(...group.members);
    for (const group of met) groups.splice(groups.indexOf(group), 1);
    groups.push(joined);
  }
  return groups.map((group) => group.members.sort((a, b) => a - b));
}

/** What the second writing of the rules says of a history: is it in, and how does that change in a stretch of time? */
export function expectedIn(segment: string, events: readonly HistoryEvent[]) {
  const world = worldOf(events, { segments: SEGMENTS });
  const rule = SEGMENTS[segment]!;
  const isMember = (at: number): boolean => naiveValue(rule, world, at) === 'true';
  return {
    isMember,
    changes(from: number, to: number): { at: number; kind: 'entered' | 'exited' }[] {
      const changes: { at: number; kind: 'entered' | 'exited' }[] = [];
      let before = isMember(from);
      for (const at of changeInstants(rule, world, from + 1, to)) {
        const now = isMember(at);
        if (now !== before) changes.push({ at, kind: now ? 'entered' : 'exited' });
        before = now;
      }
      return changes;
    },
  };
}

export const hours = (count: number): number => count * HOUR;
