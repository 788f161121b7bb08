import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { compileRule } from '../../src/core/compile-rule.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { Rule } from '../../src/core/rule.js';
import { ClickClassStore } from '../../src/ctas/click-class-store.js';
import { CtaStore } from '../../src/ctas/cta-store.js';
import { ReclassificationStore } from '../../src/ctas/reclassification-store.js';
import { createDataSource } from '../../src/data-source.js';
import { HistoryReader } from '../../src/histories/history-reader.js';
import { RuleCount } from '../../src/memberships/rule-count.js';
import { RuleScan } from '../../src/memberships/rule-scan.js';
import { catalogueRevision } from '../../src/platform/catalogue-revision.js';
import { laneOfProfile } from '../../src/platform/lanes.js';
import { EventHistoryStore } from '../../src/profiles/event-history-store.js';
import { SegmentStore } from '../../src/segments/segment-store.js';
import { anyRule } from '../support/arbitraries-rules.js';
import { anyHistory, anyInstant, DENSE, NAMES } from '../support/arbitraries-worlds.js';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const PROFILES = 120;
const DELIVERIES = ['email_sent', 'email_delivered', 'sms_sent'] as const;
/** Of what stands between events and fields while they are handed over. */
const ODD = 'e\u001e"\u001f\\';
const [CART, HIDDEN, TEA, GUIDE] = ['cart', 'hidden', 'tea', 'guide'].map((path) => `https://shop.example/${path}`);

/** Clicks as sources send them, with claims that only the classifier may make, beside what tells of them. */
const anyMessageEvent: fc.Arbitrary<Omit<HistoryEvent, 'id'>> = fc
  .record({
    name: fc.constantFrom('click', 'click', 'click', ...DELIVERIES, ODD),
    at: anyInstant(DENSE),
    isHoursAgo: fc.boolean(),
    properties: fc.record(
      {
        href: fc.constantFrom<unknown>(CART, `${CART}?utm_content=a`, TEA, HIDDEN, GUIDE, 7),
        link_id: fc.constantFrom(1, 2),
        delivery_id: fc.constantFrom<unknown>('d1', 'd1', 'd2', '', 3),
        channel: fc.constantFrom('email', 'email', 'sms', 'push', ODD),
        campaign_id: fc.constantFrom<unknown>(7, 7, '7', 8),
        actor_class: fc.constantFrom('human', 'machine'),
        actor_signals: fc.constantFrom(['prefetch'], ['shared_address'], []),
        cta: fc.constantFrom('cart', 'claimed'),
        actor_reasons: fc.constantFrom('none', ['prefetch']),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ name, at, isHoursAgo, properties }) => ({ name, properties, occurredAt: isHoursAgo ? at - DAY / 3 : at }));

const anyMessageRule: fc.Arbitrary<Rule> = fc
  .record({
    where: fc.constantFrom<Record<string, unknown>>(
      {},
      { cta: 'cart' },
      { cta: 'tea', campaign_id: 7 },
      { cta_kind: 'honeypot' },
      { campaign_id: 7 },
      { campaign_id: { in: [8, '7'] } },
      { delivery_id: 'd1' },
      { actor_class: 'suspect' },
      { actor_reasons: { contains: 'prefetch' } },
      { channel: { not: 'email' } },
      { channel: ODD },
    ),
    by: fc.constantFrom(undefined, 'humans', 'strictHumans', 'machines', 'anyone'),
    name: fc.constantFrom<unknown>('click', 'click', 'email_delivered', ODD, { startsWith: 'c' }, { startsWith: 'e' }),
    within: fc.constantFrom('2s', '5s', '1d', undefined),
    more: fc.constantFrom<object>(
      {},
      { count: { exactly: 0 } },
      { count: { atLeast: 2 } },
      { last: { where: { cta: 'cart' } } },
      { distinct: { property: 'delivery_id', atLeast: 2 } },
      { notFollowedBy: { performed: 'click', within: '3s', same: ['delivery_id'] } },
      { followedBy: { performed: 'purchase', within: '2s' } },
    ),
  })
  .map(({ where, by, name, within, more }) => {
    const some = Object.keys(where).length > 0 ? { where } : {};
    return { performed: name, ...some, ...(by && { by }), ...(within && { within }), ...more } as Rule;
  });

const anyScannedRule = fc.oneof(
  anyRule(DENSE, { segments: [], mayLast: true, depth: 2 }),
  anyMessageRule,
  fc.tuple(anyMessageRule, anyMessageRule).map(([one, other]): Rule => ({ all: [one, { not: other }] })),
);

/** A click, and a delivery that is told of late. */
const anyHastyClick = fc
  .tuple(anyInstant(DENSE), fc.constantFrom(0, 1, 1_000, DAY / 24 - 1, DAY / 24))
  .map(([at, late]) => {
    const delivery_id = 'd1';
    const clicked = { href: CART, channel: 'email', delivery_id, campaign_id: 7 };
    return [
      { name: 'click', occurredAt: at, properties: clicked },
      { name: 'email_delivered', occurredAt: at + late, properties: { delivery_id } },
    ];
  });

/** Of much, or of a click and what tells of it alone. */
const anyLife = fc.oneof(
  fc
    .tuple(anyHistory(DENSE), fc.array(anyMessageEvent, { maxLength: 6, size: 'max' }))
    .map(([events, told]) => [...new Map(events.map((event) => [event.id, event])).values(), ...told]),
  fc.array(anyMessageEvent, { maxLength: 2 }),
  anyHastyClick,
);

describe('a rule counted over everybody at once', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  const reclassifications = new ReclassificationStore();
  const ctas = new CtaStore(new ClickClassStore(reclassifications), reclassifications);
  const reader = new HistoryReader(new EventHistoryStore(), ctas, 400 * DAY);
  const scan = new RuleScan(new SegmentStore(), reader);

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url, 2).initialize();
    const seeded = { seed: 20_260_301, numRuns: PROFILES };
    for (const [index, life] of fc.sample(anyLife, seeded).entries()) await live(index + 1, life);
    await live(PROFILES + 1, []);
    await declare();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function live(profile: number, events: readonly Omit<HistoryEvent, 'id'>[]): Promise<void> {
    const owner = [laneOfProfile(profile), profile];
    await database.pool.query('INSERT INTO profiles (lane, id, created_at) VALUES ($1, $2, now())', owner);
    for (const { name, occurredAt, properties } of events) {
      await database.pool.query(
        `INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
         VALUES ($1, $2, $3, gen_random_uuid(), $4, 'test', $3, false, $5)`,
        [...owner, new Date(occurredAt), name, properties],
      );
    }
  }

  /** Names of which nothing came are not declared, and the data about some begin where things happen. */
  async function declare(): Promise<void> {
    const late = new Map([
      ['page', T0 - 1_000],
      ['order_refunded', T0],
      ['click', T0 - DAY],
    ]);
    for (const name of [...NAMES, ...DELIVERIES, ODD]) {
      await database.pool.query(`INSERT INTO event_histories VALUES ($1, 'test', $2)`, [
        name,
        new Date(late.get(name) ?? 0),
      ]);
    }
    await database.pool.query(
      `INSERT INTO ctas (key, kind, patterns, created_at, updated_at)
       VALUES ('cart', null, '[{"path": "/cart"}]', now(), now()), ('trap', 'honeypot', '[{"path": "/hidden"}]', now(), now()),
              ('tea', null, '[{"path": "/tea", "message": {"campaign_id": 7}}]', now(), now())`,
    );
  }

  async function isCountedAsOneByOne(rule: Rule, asOf: number): Promise<void> {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction('REPEATABLE READ');
    const progress = { judged: 0 };
    const counted = await scan.count(runner, rule, asOf, progress);
    const expected = new RuleCount(rule, new Map(), asOf);
    const members = new Set<number>();
    const revision = await catalogueRevision(runner.manager);
    const ids = Array.from({ length: PROFILES + 1 }, (_, index) => index + 1);
    const histories = await reader.ofEach(runner.manager, ids, { plans: [compileRule(rule)], asOf, revision });
    for (const [id, { history }] of histories) if (expected.add(history)) members.add(id);
    await runner.rollbackTransaction();
    await runner.release();
    const figures = ({ size, pending, insufficientHistory, funnel }: RuleCount): object => ({
      ...{ size, pending, insufficientHistory, funnel },
    });
    expect(figures(counted)).toEqual(figures(expected));
    expect(counted.sample.filter((id) => !members.has(id))).toEqual([]);
    expect(new Set(counted.sample).size).toBe(Math.min(20, members.size));
    expect(progress.judged).toBe(PROFILES + 1);
  }

  it('says what each profile by itself would, whatever the rule', async () => {
    const holds = fc.asyncProperty(anyScannedRule, anyInstant(DENSE), isCountedAsOneByOne);
    await fc.assert(holds, { numRuns: 300, seed: 20_260_301 });
  });
});
