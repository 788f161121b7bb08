import { createHash } from 'node:crypto';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook, type SentWebhook } from '../support/webhooks.js';

const TABLES = ['events', 'identifiers', 'memberships', 'transitions', 'outbox', 'profiles'];

// A signature stays right for ever: whoever kept a delivery can send it again.
describe('an old signed webhook that is sent again', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  const sent: SentWebhook[] = [
    customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: '4711', email: 'ada@example.com' } }),
    shopifyWebhook('orders/create', {
      secret: SHOPIFY_SECRET,
      at: T0 + 1_000,
      email: 'ada@example.com',
      customerId: 7,
    }),
    shopifyWebhook('orders/cancelled', {
      secret: SHOPIFY_SECRET,
      at: T0 + 60_000,
      placedAt: T0 + 1_000,
      customerId: 7,
    }),
    shopifyWebhook('refunds/create', { secret: SHOPIFY_SECRET, at: T0 + 90_000, amount: '10.00' }),
  ];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0 + 120_000);
    turnout = await TestTurnout.start(database, undefined, { RETENTION_DAYS: '400' });
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
    await turnout.must('PUT', '/v1/segments/bought', { rule: { performed: 'purchase', within: '90d' } });
    for (const one of sent) expect(await turnout.send(one)).toMatchObject({ status: 200, body: { status: 'stored' } });
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  /** Reports follow a little later. */
  async function untilReported(): Promise<void> {
    for (;;) {
      const { rows } = await database.pool.query('SELECT FROM profiles WHERE is_link_report_due LIMIT 1');
      if (rows.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function everything(): Promise<Record<string, string>> {
    await untilReported();
    const found: Record<string, string> = {};
    for (const table of TABLES) {
      const { rows } = await database.pool.query<{ row: string }>(
        `SELECT ${table}::text AS row FROM ${table} ORDER BY 1`,
      );
      expect(table === 'outbox' || rows.length > 0).toBe(true);
      found[table] = createHash('sha256')
        .update(rows.map(({ row }) => row).join('\n'))
        .digest('hex');
    }
    return found;
  }

  it.each([
    ['a minute later', 120_000 + 60_000, 'duplicate'],
    ['when its people have left their segments', 100 * DAY, 'duplicate'],
    ['on the last day on which it counts', 399 * DAY, 'duplicate'],
    ['after everything of its time is removed', 800 * DAY, 'kept_aside'],
  ])('changes nothing %s', async (_case, after, answer) => {
    await database.setClock(T0 + after);
    await turnout.settle();
    const before = await everything();
    for (const one of sent) expect(await turnout.send(one)).toMatchObject({ status: 200, body: { status: answer } });
    await turnout.settle();
    expect(await everything()).toEqual(before);
  });
});
