import { SourceFreshness } from '../../src/profiles/source-freshness.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const MINUTE = 60_000;
const WEEK = 7 * DAY;

describe('GET /v1/sources', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { SHOPIFY_WEBHOOK_SECRETS: '' });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const iso = (at: number) => new Date(at).toISOString();

  async function source(key: string): Promise<JsonObject> {
    const { sources } = await turnout.must('GET', '/v1/sources');
    return (sources as JsonObject[]).find((one) => one.source === key)!;
  }

  /** A click that happened at an instant and comes in two seconds later. */
  let clicks = 0;
  async function click(at: number, receivedAt = at + 2_000): Promise<void> {
    await database.setClock(receivedAt);
    const webhook = customerioWebhook({ secret: SIGNING_KEY, at, eventId: `E${++clicks}` });
    expect((await turnout.send(webhook)).body).toMatchObject({ status: 'stored' });
  }

  it('names what never came, and whether it could', async () => {
    const never = { events: 0, lastReceivedAt: null, lastOccurredAt: null, usualLagMs: null, isLate: false };
    expect(await source('customerio')).toMatchObject({ ...never, isConfigured: true, lateSince: null });
    expect(await source('shopify')).toMatchObject({ ...never, isConfigured: false, deadLetters: 0 });
  });

  it('says at once when something last came and happened, how long that usually takes, and what is kept aside', async () => {
    await click(T0, T0 + 3_000);
    await click(T0 + MINUTE, T0 + MINUTE + 4_000);
    await click(T0 + 30_000, T0 + MINUTE + 5_000); // late: neither newer nor a silence
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId: `E${clicks}`, metric: 'opened' }));
    const seen = await source('customerio');
    expect(seen).toMatchObject({
      events: 3,
      lastReceivedAt: iso(T0 + MINUTE + 5_000),
      lastOccurredAt: iso(T0 + MINUTE),
      isLate: false,
      deadLetters: 1,
    });
    expect(seen.usualLagMs).toBeGreaterThan(2_000);
    expect(seen.usualLagMs).toBeLessThanOrEqual(5_000);
  });

  it('goes by a clock that is right: of calls without a time, and of senders whose clock is slow', async () => {
    const send = async (call: JsonObject) => {
      const key = await turnout.must('POST', '/v1/api-keys', { name: 'sdk', scopes: ['ingest'] });
      const authorization = `Basic ${Buffer.from(`${key.key as string}:`).toString('base64')}`;
      const headers = { authorization, 'content-type': 'application/json' };
      const body = JSON.stringify({ userId: '1', event: 'seen', ...call });
      expect((await fetch(`${turnout.url}/v1/track`, { method: 'POST', headers, body })).status).toBe(200);
    };
    await send({});
    const heard = { lastReceivedAt: iso(T0), lastOccurredAt: iso(T0), isLate: false, lateAt: iso(T0 + DAY) };
    expect(await source('segment')).toMatchObject(heard);
    await database.setClock(T0 + MINUTE);
    await send({ timestamp: iso(T0 - 3 * DAY), sentAt: iso(T0 - 3 * DAY + 1_000) });
    const seen = await source('segment');
    expect(seen).toMatchObject({ events: 2, lastOccurredAt: iso(T0 + MINUTE - 1_000), isLate: false });
    expect(seen.usualLagMs).toBeLessThanOrEqual(1_000);
  });

  it('knows a source again after a restart, and does not count duplicates', async () => {
    await click(T0);
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId: `E${clicks}` }));
    await turnout.stop();
    turnout = await TestTurnout.start(database);
    expect(await source('customerio')).toMatchObject({ events: 1, lastOccurredAt: iso(T0) });
  });

  it('calls a source late after the configured limit, to the millisecond, while its rhythm is not known', async () => {
    await click(T0);
    for (const [after, isLate] of [
      [-1, false],
      [0, true],
      [1, true],
    ] as const) {
      await database.setClock(T0 + DAY + after);
      const lateSince = isLate ? iso(T0 + DAY) : null;
      expect(await source('customerio')).toMatchObject({ isLate, lateSince, lateAt: iso(T0 + DAY) });
    }
    await click(T0 + DAY + MINUTE);
    expect(await source('customerio')).toMatchObject({ isLate: false, lateSince: null });
  });

  it('does not take a quiet night or weekend for late, but a quiet hour of the day', async () => {
    // Four weeks in which something happens every ten minutes from 8 to 20 o'clock, from Monday to Friday.
    const monday = Date.UTC(2026, 1, 2);
    const rows: string[] = [];
    for (let week = 0; week < 4; week++) {
      for (let day = 0; day < 5; day++) {
        for (let hour = 8; hour < 20; hour++) {
          const begin = monday + week * WEEK + day * DAY + hour * HOUR;
          const minutes = hour < 19 ? 10 : day < 4 ? 12 * 60 + 10 : 60 * 60 + 10;
          rows.push(`('customerio', '${iso(begin)}', ${minutes * MINUTE})`);
        }
      }
    }
    await database.pool.query(`INSERT INTO source_silences (source, hour, longest_ms) VALUES ${rows.join()}`);
    const now = monday + 4 * WEEK;

    await click(now + 10 * HOUR); // Monday at ten: silences of ten minutes are usual, so twenty and the lag are allowed
    await database.setClock(now + 10 * HOUR + 20 * MINUTE);
    expect(await source('customerio')).toMatchObject({ isLate: false });
    await database.setClock(now + 10 * HOUR + 21 * MINUTE);
    expect(await source('customerio')).toMatchObject({ isLate: true });

    await click(now + 19 * HOUR + 50 * MINUTE); // the last one of the day
    await database.setClock(now + DAY + 8 * HOUR);
    expect(await source('customerio')).toMatchObject({ isLate: false });
    await database.setClock(now + DAY + 8 * HOUR + 12 * HOUR + 21 * MINUTE);
    expect(await source('customerio')).toMatchObject({ isLate: true });

    await click(now + 4 * DAY + 19 * HOUR + 50 * MINUTE); // the last one of the week
    await database.setClock(now + 7 * DAY + 8 * HOUR);
    expect(await source('customerio')).toMatchObject({ isLate: false });
  });

  it('learns that rhythm from what comes', async () => {
    for (let week = 0; week < 4; week++) {
      for (const minutes of [0, 15, 30]) await click(T0 + week * WEEK + minutes * MINUTE);
      await source('customerio'); // written week by week
    }
    // The last of a week is followed by a week without any: that, too, is usual.
    const last = T0 + 3 * WEEK + 30 * MINUTE;
    const { lateAt } = await source('customerio');
    expect(Date.parse(lateAt)).toBeGreaterThan(last + 2 * (WEEK - 30 * MINUTE));
    expect(Date.parse(lateAt)).toBeLessThan(last + 2 * (WEEK - 30 * MINUTE) + MINUTE);
  });

  it('calls a source late that delivers, but hours after the fact', async () => {
    await click(T0);
    await click(T0 + HOUR, T0 + DAY + HOUR); // it is a day behind
    expect(await source('customerio')).toMatchObject({ isLate: true, lateSince: iso(T0 + HOUR + DAY) });
  });

  it('tells other processes within a second', async () => {
    const other = await TestTurnout.start(database);
    await click(T0);
    await turnout.app.get(SourceFreshness).flush();
    const freshness = other.app.get(SourceFreshness);
    expect((await freshness.of(['customerio', 'shopify'], T0)).get('customerio')).toMatchObject({ lastOccurredAt: T0 });
    expect((await freshness.of(['shopify'], T0)).get('shopify')).toMatchObject({ lastReceivedAt: null, isLate: false });
    await other.stop();
  });

  it('keeps both counts when two processes write at once', async () => {
    const other = await TestTurnout.start(database, undefined, { SHOPIFY_WEBHOOK_SECRETS: SHOPIFY_SECRET });
    await click(T0);
    await other.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + 1, eventId: 'other' }));
    await other.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0 }));
    await Promise.all([turnout, other].map((one) => one.app.get(SourceFreshness).flush()));
    expect(await source('customerio')).toMatchObject({ events: 2 });
    expect(await source('shopify')).toMatchObject({ events: 1 });
    await other.stop();
  });

  it('is for keys that manage', async () => {
    expect((await fetch(`${turnout.url}/v1/sources`)).status).toBe(401);
  });
});
