import fc from 'fast-check';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { eventId } from '../../src/profiles/event-identity.js';
import { identifier, identifierKey, type Identifier, type IdentifierKind } from '../../src/profiles/identifier.js';
import { normaliseCustomerio } from '../../src/sources/customerio/normalise.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { take } from '../support/facts.js';
import {
  expectedIn,
  groupsOf,
  hours,
  identityWorlds,
  SEGMENTS,
  type DrawnEvent,
  type DrawnWorld,
} from '../support/identity-worlds.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, deliveryOf, type SentWebhook } from '../support/webhooks.js';

// More by command: PROPERTY_RUNS=500 PROPERTY_SEED=1 npm test -- identity-properties
const RUNS = Number(process.env.PROPERTY_RUNS ?? 5);
const SEED = Number(process.env.PROPERTY_SEED ?? 20261124);

/** An event with its identifiers and its place in time, and how it is sent. */
interface ToldEvent {
  identifiers: Identifier[];
  known: HistoryEvent;
  drawn: DrawnEvent;
  id: string;
  isImported: boolean;
  webhook?: SentWebhook;
}

describe('any events, in any order and any pieces, with merges anywhere', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let importKey: string;
  let run = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/sources/customerio/history', {
      startsAt: '1970-01-01T00:00:00Z',
      eventNames: ['click', 'purchase', 'identify'],
    });
    for (const [key, rule] of Object.entries(SEGMENTS)) await turnout.must('PUT', `/v1/segments/${key}`, { rule });
    importKey = (await turnout.must('POST', '/v1/api-keys', { name: 'importer', scopes: ['ingest'] })).key as string;
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  /** The identifiers are the run's own, so that all runs live in one database. */
  function told(drawn: DrawnEvent, index: number, now: number): ToldEvent {
    const id = `r${run}-${index}`;
    const identifiers = drawn.names.map((name) => identifierOf(name, drawn.person, run));
    const at = Math.floor(now / 1_000) * 1_000 - drawn.event.secondsAgo * 1_000;
    const sent = asWebhook({ id, at, identifiers, drawn });
    const isImported = drawn.way === 'import' && areOfDifferentKinds(identifiers);
    const source = sent.webhook ? 'customerio' : isImported ? 'import' : 'test';
    // Of two events at one instant the later is told by the id under which they are stored.
    const { name, properties } = drawn.event;
    const known = { id: eventId(source, id), name, occurredAt: at, properties };
    return { identifiers, known, drawn, id, isImported, ...sent };
  }

  async function deliver(events: readonly ToldEvent[]): Promise<void> {
    const imported = events.filter((one) => one.isImported);
    const called = events.filter((one) => !one.webhook && !one.isImported);
    await Promise.all([
      take(
        turnout,
        ...called.map(({ id, known, identifiers }) => ({
          ...known,
          sourceEventId: id,
          identifiers,
          isRestated: false,
        })),
      ),
      ...events.flatMap((one) => (one.webhook ? [turnout.send(one.webhook)] : [])),
      ...(imported.length > 0 ? [sendFile(imported)] : []),
    ]);
  }

  async function sendFile(events: readonly ToldEvent[]): Promise<void> {
    const lines = events.map(({ id, known, identifiers }) =>
      JSON.stringify({
        ...{ id, name: known.name, occurredAt: new Date(known.occurredAt).toISOString(), properties: known.properties },
        identifiers: Object.fromEntries(identifiers.map((one) => [one.kind, one.value])),
      }),
    );
    const response = await fetch(`${turnout.url}/v1/imports?id=${run}-${Math.random().toString(36).slice(2)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${importKey}` },
      body: lines.join('\n'),
    });
    expect(response.status).toBe(200);
  }

  /** The profile to which an identifier leads, whose events it has. */
  async function profileOf({ kind, value }: Identifier): Promise<string> {
    const { rows } = await database.pool.query<{ profile_id: string }>(
      'SELECT profile_id FROM identifiers WHERE kind = $1 AND value = $2',
      [kind, value],
    );
    return rows[0]!.profile_id;
  }

  async function comesTrue({ events, deliveries, later }: DrawnWorld): Promise<void> {
    run += 1;
    const start = await database.now();
    const all = events.map((one, index) => told(one, index, start));
    for (const { events: places, hoursLater } of deliveries) {
      await deliver(places.map((place) => all[place]!));
      if (hoursLater > 0) await database.setClock((await database.now()) + hours(hoursLater));
    }
    await turnout.settle();
    const arrivedAt = await database.now();
    for (const count of later) {
      await database.setClock(arrivedAt + hours(count));
      await turnout.settle();
    }
    const now = await database.now();
    for (const members of groupsOf(all.map((one) => one.identifiers.map(identifierKey)))) {
      await isAsExpected(
        members.map((index) => all[index]!),
        { arrivedAt, now },
      );
    }
    await logsReplay();
  }

  /** One profile has all the events of a person; its memberships, and how they changed since, are what the rules say. */
  async function isAsExpected(own: readonly ToldEvent[], span: { arrivedAt: number; now: number }): Promise<void> {
    const profiles = await Promise.all(own.flatMap((one) => one.identifiers).map(profileOf));
    expect(new Set(profiles).size).toBe(1);
    const [profile] = profiles;
    const { rows } = await database.pool.query('SELECT FROM events WHERE profile_id = $1', [profile]);
    expect(rows).toHaveLength(own.length);
    const held = await heldBy(profile!, span.arrivedAt);
    for (const segment of Object.keys(SEGMENTS)) {
      const expected = expectedIn(
        segment,
        own.map((one) => one.known),
      );
      expect([segment, held.get(segment)?.isMember ?? false]).toEqual([segment, expected.isMember(span.now)]);
      expect([segment, held.get(segment)?.changes ?? []]).toEqual([
        segment,
        expected.changes(span.arrivedAt, span.now),
      ]);
    }
  }

  async function heldBy(profile: string, since: number) {
    const { rows } = await database.pool.query<{ key: string; is_member: boolean; changes: [string, string][] | null }>(
      `SELECT key, is_member,
              (SELECT json_agg(json_build_array(t.at, t.kind) ORDER BY t.ordinal) FROM transitions t
                WHERE (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id) AND t.at > $2) AS changes
         FROM memberships m JOIN segments ON segments.id = m.segment_id WHERE m.profile_id = $1`,
      [profile, new Date(since)],
    );
    return new Map(
      rows.map((row) => [
        row.key,
        {
          isMember: row.is_member,
          changes: (row.changes ?? []).map(([at, kind]) => ({ at: Date.parse(at), kind })),
        },
      ]),
    );
  }

  /** Every log is gapless and ends in what is held; those of merged profiles end outside. */
  async function logsReplay(): Promise<void> {
    const { rows } = await database.pool.query(
      `SELECT m.profile_id, m.segment_id FROM memberships m JOIN profiles p ON (p.lane, p.id) = (m.lane, m.profile_id)
        WHERE m.is_member <> (m.ordinal % 2 = 1) OR (m.is_member AND p.ended_at IS NOT NULL)
           OR m.ordinal <> (SELECT count(*) FROM transitions t
                             WHERE (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id))`,
    );
    expect(rows).toEqual([]);
  }

  it('end in one profile for each person, with the memberships and changes that the rules give its whole history', async () => {
    await fc.assert(fc.asyncProperty(identityWorlds, comesTrue), { numRuns: RUNS, seed: SEED, endOnFailure: true });
  }, 3_600_000);

  it('never make one of two people with ids of their own, whatever they share and whatever comes first', async () => {
    const shared = fc.record({
      person: fc.nat({ max: 2 }),
      isNamed: fc.boolean(),
      shares: fc.uniqueArray(fc.constantFrom('email', 'phone', 'anonymous_id', 'shopify_order_id'), { minLength: 1 }),
      house: fc.nat({ max: 1 }),
    });
    const batches = fc.array(fc.array(shared, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
    const strangersStay = async (drawn: typeof batches extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
      run += 1;
      const at = await database.now();
      await Promise.all(
        drawn.map((batch, index) =>
          take(
            turnout,
            ...batch.map(({ person, isNamed, shares, house }, place) => ({
              sourceEventId: `s${run}-${index}-${place}`,
              ...{ name: 'click', occurredAt: at, properties: {} },
              identifiers: [
                ...(isNamed ? [identifierOf('customer_id', person, run)] : []),
                ...shares.map((kind) => identifierOf(kind, 10 + house, run)),
              ],
            })),
          ),
        ),
      );
      const { rows: giants } = await database.pool.query(
        `SELECT profile_id FROM identifiers WHERE kind = 'customer_id' GROUP BY 1 HAVING count(*) > 1`,
      );
      expect(giants).toEqual([]);
      const { rows: strays } = await database.pool.query(
        `SELECT events.id FROM events JOIN profiles ON (profiles.lane, profiles.id) = (events.lane, events.profile_id)
          WHERE profiles.ended_at IS NOT NULL`,
      );
      expect(strays).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(batches, strangersStay), { numRuns: RUNS * 4, seed: SEED, endOnFailure: true });
  }, 3_600_000);
});

function identifierOf(name: string, person: number, run: number): Identifier {
  const kind = name.replace(/\d$/, '') as IdentifierKind;
  const own = `${run}-${person}`;
  const raw: Partial<Record<IdentifierKind, string>> = {
    email: `p${own}@example.com`,
    phone: `+49${1_000_000 + run * 100 + person}`,
  };
  return identifier(kind, raw[kind] ?? `${name}-${own}`)!;
}

/** Files and webhooks have one place for each kind. */
function areOfDifferentKinds(identifiers: readonly Identifier[]): boolean {
  return new Set(identifiers.map(({ kind }) => kind)).size === identifiers.length;
}

/** A click may come as a reporting webhook where all that it names has a place there. */
function asWebhook(one: { id: string; at: number; identifiers: Identifier[]; drawn: DrawnEvent }): {
  webhook?: SentWebhook;
} {
  const { drawn, identifiers } = one;
  if (drawn.way !== 'webhook' || drawn.event.name !== 'click') return {};
  const fields: Partial<Record<IdentifierKind, string>> = { customer_id: 'id', cio_id: 'cio_id', email: 'email' };
  if (identifiers.some(({ kind }) => fields[kind] === undefined) || !areOfDifferentKinds(identifiers)) return {};
  const webhook = customerioWebhook({
    secret: SIGNING_KEY,
    ...{ at: one.at, eventId: one.id },
    identifiers: Object.fromEntries(identifiers.map(({ kind, value }) => [fields[kind]!, value])),
    href: `https://shop.example/?page=${drawn.event.properties.page as string}`,
    data: { delivery_id: undefined, link_id: undefined },
  });
  if (normaliseCustomerio(deliveryOf(webhook)).kind !== 'events') throw new Error('The webhook can not be read.');
  return { webhook };
}
