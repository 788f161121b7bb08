import { runCli } from '../../src/cli/turnout.js';
import { HOUR, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { PlainShop } from '../support/plain-shop.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const AT = T0 + 12 * HOUR;
const UTM = 'utm_source=customerio&utm_medium=email&utm_campaign=spring';
const PEOPLE = 24;
const MACHINES = 10;

describe('the set-up checklist', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let shop: PlainShop;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    shop = new PlainShop();
    await shop.listen();
    turnout = await TestTurnout.start(database, customerio, { OUTBOUND_TRUSTED_HOSTS: shop.host });
  });

  afterAll(async () => {
    await turnout.stop();
    await shop.stop();
    await customerio.stop();
    await database.drop();
  });

  async function audit(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
    const printed = { out: '', err: '' };
    const exitCode = await runCli(['audit', ...args], {
      out: (text) => (printed.out += text),
      err: (text) => (printed.err += text),
      env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: turnout.authorization.slice('Bearer '.length) },
      isTerminal: false,
    });
    return { exitCode, ...printed };
  }

  async function states(query = ''): Promise<Record<string, string>> {
    const { lines } = await turnout.must('GET', `/v1/audit${query}`);
    return Object.fromEntries((lines as JsonObject[]).map(({ key, state }) => [key, state])) as Record<string, string>;
  }

  async function send(file: string, query = 'tool=ga4', type = 'text/csv') {
    const headers = { authorization: turnout.authorization, 'content-type': type };
    const response = await fetch(`${turnout.url}/v1/audit/downstream?${query}`, {
      method: 'POST',
      headers,
      body: file,
    });
    return { status: response.status, body: (await response.json()) as JsonObject };
  }

  it('says of an empty installation what is missing, and what to do', async () => {
    expect(await states()).toEqual({
      ...{ 'branded-domain': 'failed', 'utm-schema': 'failed', 'utm-drift': 'unknown' },
      ...{ 'cta-cart': 'failed', 'cta-checkout': 'failed', 'cta-reorder': 'failed', 'cta-bundle': 'failed' },
      ...{ 'link-qa': 'unknown', downstream: 'unknown' },
      ...{ 'source-customerio': 'failed', 'source-shopify': 'failed', 'destination-customerio': 'failed' },
    });
    const { exitCode, out } = await audit();
    expect(exitCode).toBe(1);
    expect(out).toContain('FAILED  branded link domain: no link domain is declared\n          → decide on a host');
    expect(out).toMatch(/0 ok, 0 to look at, 9 failed, 3 unknown\.\n$/);
  });

  it('is right once all is set up, used, followed and counted', async () => {
    await turnout.must('POST', '/v1/destinations/customerio/setup', { publicUrl: 'https://turnout.example' });
    customerio.seedSegment({ id: 7, name: 'x', type: 'manual' }).members.add(customerio.seedPerson({ id: 'p0' }));
    await turnout.must('PUT', '/v1/link-domains/go.shop.example', {
      allowedHosts: ['shop.example'],
      sendingDomain: 'mail.shop.example',
    });
    const keys = { utm_source: { required: true, allowed: ['customerio'] }, utm_campaign: { required: true } };
    await turnout.must('PUT', '/v1/utm/schema', {
      schema: { hosts: ['127.0.0.1'], keys: { ...keys, utm_medium: {} } },
    });
    await turnout.must('PUT', '/v1/ctas/basket', { kind: 'cart', patterns: [{ path: '/good' }] });
    await database.setClock(AT);
    for (let n = 0; n < PEOPLE + MACHINES; n++) {
      const data = n < PEOPLE ? {} : { machine: true };
      const href = shop.url(`/good?${UTM}`);
      const more = { data: { delivery_id: `d${n}`, ...data }, identifiers: { id: `p${n}` } };
      expect((await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: AT, href, ...more }))).status).toBe(200);
    }
    await turnout.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: AT }));
    await database.setClock(T0 + 25 * HOUR);
    await turnout.settle();
    expect(await states('?ctas=cart')).toMatchObject({ 'link-qa': 'unknown', 'utm-drift': 'ok' });
    await turnout.must('POST', '/v1/link-qa/runs', { live: {}, clients: ['desktop'] });
    await turnout.settle();
    // Of people's clicks 20 are 83 %; of all clicks they were 59 %.
    expect(await send('Date,Session campaign,Sessions\n20260301,spring,20\n20260301,of others,900')).toEqual({
      status: 200,
      body: {
        ...{ tool: 'ga4', metric: 'sessions', dimension: 'utm_campaign', timeZone: 'UTC' },
        ...{ rows: 2, days: ['2026-03-01'] },
      },
    });
    const all = {
      ...{ 'branded-domain': 'ok', 'utm-schema': 'ok', 'utm-drift': 'ok', 'cta-cart': 'ok', 'link-qa': 'ok' },
      ...{ 'downstream-ga4-sessions-utm_campaign': 'ok' },
      ...{ 'source-customerio': 'ok', 'source-shopify': 'ok', 'destination-customerio': 'ok' },
    };
    expect(await states('?ctas=cart')).toEqual(all);
    const { exitCode, out } = await audit('--cta', 'cart', '--fail-on', 'unknown');
    expect([exitCode, out]).toEqual([0, expect.stringContaining('20 sessions, 83 % of 24 clicks of people (30 % allowed)')]); // prettier-ignore
    const json = await audit('--cta', 'cart', '--json', '--tolerance', '10');
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ state: 'failed' });
  });

  it('counts by the days of the tool, and a day that is told of again anew', async () => {
    await send('day;landing;sessions\n2026-03-01;/good?x=y;4\n2026-03-01;/good;3', 'tool=shopify');
    const key = 'downstream-shopify-sessions-landing';
    expect(await states()).toMatchObject({ [key]: 'failed' });
    await send('{"day":"2026-03-01","landing":"/good","sessions":24}', 'tool=shopify', 'application/x-ndjson');
    expect(await states()).toMatchObject({ [key]: 'ok' });
    // On Kiritimati the clicks were on the second of March, which is not over there.
    await send('day,landing,sessions\n2026-03-01,/good,24', 'tool=shopify&timeZone=Pacific/Kiritimati');
    expect(await states()).toMatchObject({ [key]: 'unknown' });
  });

  it('refuses what it can not use', async () => {
    expect(await send('a,b\n1,2')).toMatchObject({ status: 400, body: { errors: [{}, {}, {}] } });
    expect(await send('{}', 'tool=ga4', 'application/json')).toMatchObject({ status: 415 });
    expect(await send('day,landing,sessions', 'tool=GA 4')).toMatchObject({ status: 400 });
    expect(await send('day,landing,sessions', 'tool=ga4&timeZone=Nowhere')).toMatchObject({ status: 400 });
    expect(await turnout.call('GET', '/v1/audit?days=40')).toMatchObject({ status: 400 });
    for (const args of [['--fail-on', 'ok'], ['--days', 'x'], ['--url', 'http://127.0.0.1:1'], ['more']]) {
      expect((await audit(...args)).exitCode).toBe(2);
    }
  });
});
