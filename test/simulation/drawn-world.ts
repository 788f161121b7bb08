import fc from 'fast-check';
import { parseRule } from '../../src/core/parse-rule.js';
import type { Rule } from '../../src/core/rule.js';
import { eventId } from '../../src/profiles/event-identity.js';
import { identifier, type Identifier, type IdentifierKind } from '../../src/profiles/identifier.js';
import type { IncomingEvent } from '../../src/profiles/incoming-event.js';
import { anyCase, anyDenseCase, type OracleCase } from '../support/arbitraries.js';
import { DAY, HOUR, RETENTION, T0 } from '../support/builders.js';
import { Chance, VERSIONS } from '../support/random-life.js';

/** A segment and the rules that it may get, each naming only segments above it. */
export interface DrawnSegment {
  key: string;
  versions: readonly Rule[];
  isPushed: boolean;
}

/** A fact about a person, told under some of their identifiers. */
export interface DrawnFact {
  person: number;
  event: IncomingEvent;
  /** The id under which it is stored. */
  id: string;
}

/** What a seed is about: who there is, what is declared, and what happens to whom, in no order yet. */
export interface DrawnWorld {
  startsAt: number;
  /** How far time is moved by a small step, in ms. */
  pace: number;
  people: number;
  /** Somebody whose every fact names all that they are known by, and who is forgotten in the midst of it; or nobody. */
  erased: number | undefined;
  segments: readonly DrawnSegment[];
  facts: readonly DrawnFact[];
  /** Whether the data of sources are complete from the first day on. */
  isHistoryKnown: boolean;
}

const MOST_OWN = 3;
/** About each person. */
const MOST_FACTS = 7;

export function drawWorld(seed: number): DrawnWorld {
  const chance = new Chance(seed);
  const people = 2 + chance.below(2);
  const isDense = chance.happens(0.4);
  const cases = fc.sample((isDense ? anyDenseCase : anyCase).filter(isUsable), { seed, numRuns: people + 2 });
  const marks = cases.flatMap((one) => one.events.map((event) => event.occurredAt));
  const startsAt = isDense || marks.length === 0 ? T0 : Math.min(...marks);
  const erased = chance.happens(0.4) ? people - 1 : undefined;
  return {
    startsAt,
    pace: isDense ? 1_500 : chance.of([HOUR, 8 * HOUR, DAY]),
    people,
    erased,
    segments: [...oracleSegments(cases[0]!, cases[1]!), ...ownSegments(chance)].map((one) => ({
      ...one,
      isPushed: chance.happens(0.7),
    })),
    facts: cases.slice(2).flatMap((one, person) => factsOf(one, person, person === erased, chance)),
    isHistoryKnown: chance.happens(0.8),
  };
}

/** Whether its rules look back no further than events count. */
function isUsable({ rule, segments }: OracleCase): boolean {
  return [rule, ...Object.values(segments)].every((one) => parseRule(one, RETENTION).ok);
}

/** The rule and the segments of one case, which those of another may replace: what each names is above it in both. */
function oracleSegments(one: OracleCase, other: OracleCase): Omit<DrawnSegment, 'isPushed'>[] {
  const keys = ['s0', 's1', 's2'] as const;
  return [
    ...keys.map((key) => ({ key, versions: [one.segments[key]!, other.segments[key]!] })),
    { key: 'rule', versions: [one.rule, other.rule] },
  ];
}

/** Some segments about clicks and orders, with those that they name. */
function ownSegments(chance: Chance): Omit<DrawnSegment, 'isPushed'>[] {
  const chosen = new Set(chance.shuffled(Object.keys(VERSIONS)).slice(0, 1 + chance.below(MOST_OWN)));
  for (const key of Object.keys(VERSIONS).reverse()) {
    if (!chosen.has(key)) continue;
    for (const named of Object.keys(VERSIONS)) {
      if (JSON.stringify(VERSIONS[key]).includes(`"segment":"${named}"`)) chosen.add(named);
    }
  }
  return Object.entries(VERSIONS)
    .filter(([key]) => chosen.has(key))
    .map(([key, versions]) => ({ key, versions }));
}

function factsOf(one: OracleCase, person: number, isErased: boolean, chance: Chance): DrawnFact[] {
  return one.events.slice(0, MOST_FACTS).map(({ name, occurredAt, properties }, index) => {
    const names = isErased ? KINDS : chance.shuffled(KINDS).slice(0, 1 + chance.below(2));
    return factOf(`p${person}-${index}`, person, names, { name, occurredAt, properties });
  });
}

const KINDS = ['customer_id', 'email', 'cio_id', 'anonymous_id'] as const satisfies IdentifierKind[];

function factOf(
  sourceEventId: string,
  person: number,
  kinds: readonly (typeof KINDS)[number][],
  said: Pick<IncomingEvent, 'name' | 'occurredAt' | 'properties'>,
): DrawnFact {
  const identifiers = kinds.map((kind) => identifierOf(kind, person));
  const event = { sourceEventId, identifiers, ...said };
  return { person, event, id: eventId('test', sourceEventId) };
}

/** A fact that names all that a person is known by, so that they are one profile from then on. */
export function linkingFact(person: number, occurredAt: number, number: number): DrawnFact {
  const properties = { linked: number };
  return factOf(`link-${person}-${number}`, person, KINDS, { name: 'linked', occurredAt, properties });
}

/** People go by the numbers that the random life of clicks and orders gives them: from 1 on. */
export function customerIdOf(person: number): string {
  return String(person + 1);
}

export function identifierOf(kind: (typeof KINDS)[number], person: number): Identifier {
  const customerId = customerIdOf(person);
  const value = {
    customer_id: customerId,
    email: `p${customerId}@example.com`,
    cio_id: `cio${customerId}`,
    anonymous_id: `device-${customerId}`,
  }[kind];
  return identifier(kind, value)!;
}
