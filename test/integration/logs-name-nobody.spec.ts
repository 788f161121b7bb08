import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/create-app.js';
import { SCOPES } from '../../src/platform/auth/access.js';
import { ApiKeyStore } from '../../src/platform/auth/api-key-store.js';
import { parseConfig } from '../../src/platform/config.js';
import { createLogger, NestLogger } from '../../src/platform/logger.js';
import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { settle, SHOPIFY_SECRET, SIGNING_KEY, turnoutEnv } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook, type SentWebhook } from '../support/webhooks.js';

/** What must never be logged, each recognisable in any spelling. */
const EMAIL = 'Kanari.Enhahn@birds.example';
const PHONE = '+4930555018273';
const NAME = 'Kanarienvogel';
const CUSTOMER = 'cust-kanari-9041';
const SECRET = 'kanari-secret-value';
const CANARIES = [/kanari/i, /birds\.example/i, /555018273/, /tk_[\w-]{20}/, new RegExp(SIGNING_KEY), /shopify-secret/];

const PERSON = { id: CUSTOMER, customer_id: CUSTOMER, email: EMAIL, phone: PHONE, first_name: NAME };
const TRAITS = { ...PERSON, address: { street: `${NAME} 1` }, password: SECRET };

// Everything that can carry personal data is made to, through every door; then all output is searched.
describe('the log names nobody', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let app: NestFastifyApplication;
  let url: string;
  let key: string;
  let log = '';
  let printed = '';
  const routes = new Set<string>();
  const original = { out: process.stdout.write.bind(process.stdout), err: process.stderr.write.bind(process.stderr) };

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked' });
    const config = parseConfig({ ...turnoutEnv(database, customerio), DELIVERY_MAX_ATTEMPTS: '1' });
    const capture = (chunk: unknown): boolean => ((printed += String(chunk)), true);
    process.stdout.write = capture;
    process.stderr.write = capture;
    const logger = createLogger({ level: 'trace' }, { write: (line) => void (log += line) });
    app = await createApp(config, database.url, new NestLogger(logger));
    const onRoute = ({ method, url: path }: { method: string | string[]; url: string }): void => {
      for (const one of [method].flat()) routes.add(`${one} ${path}`);
    };
    app.getHttpAdapter().getInstance().addHook('onRoute', onRoute);
    ({ key } = await app.get(ApiKeyStore).create(app.get(DataSource).manager, { name: NAME, scopes: SCOPES }));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    process.stdout.write = original.out;
    process.stderr.write = original.err;
    await customerio.stop();
    await database.drop();
  });

  afterEach(() => {
    for (const canary of CANARIES) {
      const line = `${log}\n${printed}`.split('\n').find((one) => canary.test(one));
      if (line === undefined) continue;
      log = '';
      printed = '';
      throw new Error(`The output names somebody (${canary.source}): ${line}`);
    }
  });

  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(text !== undefined && { body: text }),
    });
    await response.text();
    return response.status;
  };
  const send = async ({ path, headers, body }: SentWebhook) =>
    (await fetch(url + path, { method: 'POST', headers, body: new Uint8Array(body) })).text();

  const identifiers = { id: CUSTOMER, email: EMAIL };
  const click = (data: Record<string, unknown> = {}, secret = SIGNING_KEY): SentWebhook =>
    customerioWebhook({ secret, at: T0, identifiers, href: `https://x.example/?e=${EMAIL}`, data });
  const order = (payload: Record<string, unknown> = {}, secret = SHOPIFY_SECRET): SentWebhook =>
    shopifyWebhook('orders/create', {
      secret,
      at: T0,
      email: EMAIL,
      phone: PHONE,
      payload: { note: NAME, ...payload },
    });

  it('when events come in, whole, broken, wrongly signed or not usable', async () => {
    await ask('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', within: '1d' },
      push: { customerio: { segmentId: 7 } },
    });
    for (const webhook of [
      click(),
      click(),
      click({ recipient: EMAIL, subject: NAME }),
      click({ identifiers: NAME }),
      click({}, SECRET),
      order(),
      order({ created_at: EMAIL, processed_at: PHONE }),
      order({ customer: NAME, line_items: EMAIL }),
      order({}, SECRET),
    ]) {
      await send(webhook);
    }
    for (const call of ['identify', 'track', 'page', 'screen', 'group', 'alias']) {
      await ask('POST', `/v1/${call}`, {
        userId: CUSTOMER,
        anonymousId: NAME,
        event: NAME,
        traits: TRAITS,
        properties: TRAITS,
      });
      await ask('POST', `/v1/${call}`, { userId: { [NAME]: EMAIL }, timestamp: EMAIL, event: [PHONE] });
      await ask('POST', `/v1/${call}`, `{"userId": "${EMAIL}", broken`);
    }
    await ask('POST', '/v1/batch', {
      batch: [
        { type: NAME, userId: EMAIL },
        { type: 'track', event: 7, userId: EMAIL },
      ],
    });
    const line = JSON.stringify({
      id: 'i1',
      name: 'click',
      occurredAt: EMAIL,
      identifiers: PERSON,
      properties: TRAITS,
    });
    await ask('POST', `/v1/imports?mapping=events&id=i1`, `${line}\n{"email": "${EMAIL}", broken\n`);
    await settle(database);
    const { rows } = await database.pool.query<{ n: string }>('SELECT count(*) AS n FROM dead_letters');
    expect(Number(rows[0]!.n)).toBeGreaterThan(0);
    expect(log).toContain('a delivery was kept aside');
  });

  it('when a destination refuses somebody, and says whom', async () => {
    customerio.faults.next(20, status(400, {}, [`no such person ${EMAIL} (${CUSTOMER}, ${PHONE})`]));
    const id = `${CUSTOMER}-2`;
    await send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id, email: EMAIL.replace('K', 'K2') } }),
    );
    await settle(database);
    customerio.faults.clear();
    expect(log).toContain('gave up on a message');
  });

  it('when any route is asked about somebody, with a key and without', async () => {
    const body = {
      ...PERSON,
      identifiers: PERSON,
      key: NAME,
      name: EMAIL,
      rule: { performed: EMAIL },
      idempotencyKey: EMAIL,
    };
    for (const route of routes) {
      const [method, pattern] = route.split(' ') as [string, string];
      if (method === 'OPTIONS' || pattern.includes('*')) continue;
      const path = `${pattern.replace(/:identifier/g, `email:${EMAIL}`).replace(/:\w+/g, EMAIL)}?after=${EMAIL}&email=${EMAIL}`;
      const sent = method === 'GET' || method === 'HEAD' ? undefined : body;
      await ask(method, path, sent);
      await ask(method, path, sent, { authorization: `Bearer ${SECRET}` });
      if (sent) await ask(method, path, `{"email": "${EMAIL}", `);
    }
    await ask('GET', `/v1/nothing/${EMAIL}`);
    await ask('GET', `/%zz${EMAIL}`);
  });

  it('when the database refuses what was said, and quotes it', async () => {
    const { raise } = {
      raise: `RAISE EXCEPTION 'no % % %', NEW, '${PHONE}', '${NAME}' USING ERRCODE = '22000', DETAIL = '${NAME}'`,
    };
    await database.pool.query(
      `CREATE FUNCTION quote_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${raise}; END $$;
       CREATE TRIGGER quote_it BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION quote_it();
       CREATE TRIGGER quote_it BEFORE INSERT ON segment_versions FOR EACH ROW EXECUTE FUNCTION quote_it();
       CREATE TRIGGER quote_it BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION quote_it()`,
    );
    await send(click({ subject: 'another' }));
    await send(order({ note: 'another' }));
    expect(
      await ask('PUT', '/v1/segments/other', { rule: { attribute: 'email', equals: EMAIL } }),
    ).toBeGreaterThanOrEqual(400);
    expect(await ask('PUT', '/v1/segments/other', { rule: { performed: NAME, within: '1d' } })).toBe(500);
    expect(log).toContain('a request failed unexpectedly');
  });

  it('and yet says what happened', () => {
    expect(log.split('\n').length).toBeGreaterThan(20);
  });
});
