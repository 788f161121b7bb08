import { randomBytes } from 'node:crypto';
import { runCli } from '../../src/cli/turnout.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { T0 } from '../support/builders.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { customerioWebhook } from '../support/webhooks.js';

const PUBLIC_URL = 'https://turnout.example.com';
const ENDPOINT = `${PUBLIC_URL}/v1/sources/customerio`;

describe('a workspace of Customer.io', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let key: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer({ region: 'eu', apiKey: 'track-secret', appKey: 'app-secret' });
    turnout = await TestTurnout.start(database, undefined, {
      SECRETS_KEYS: randomBytes(32).toString('base64'),
      OUTBOUND_TRUSTED_HOSTS: new URL(customerio.url).host,
    });
    key = (await turnout.must('POST', '/v1/api-keys', { name: 'cli', scopes: ['manage'] })).key as string;
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function run(args: string[], env: Record<string, string> = {}) {
    const said = { out: '', err: '' };
    const code = await runCli(args, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: key, ...env },
      isTerminal: false,
    });
    return { code, ...said };
  }

  const credentials = (more: Record<string, string> = {}) => ({
    CUSTOMERIO_SITE_ID: customerio.siteId,
    CUSTOMERIO_API_KEY: customerio.apiKey,
    CUSTOMERIO_APP_API_KEY: customerio.appKey,
    CUSTOMERIO_TRACK_URL: customerio.url,
    CUSTOMERIO_APP_URL: customerio.url,
    ...more,
  });
  const connect = (env: Record<string, string> = credentials()) =>
    run(['connect', 'customerio', '--public-url', PUBLIC_URL], env);
  const check = async () =>
    (await turnout.must('GET', `/v1/destinations/customerio/check?publicUrl=${PUBLIC_URL}`)).findings as JsonObject[];
  const wrong = async () => (await check()).filter((one) => one.kind === 'wrong').map((one) => one.about as string);
  const delivered = (secret: string) =>
    turnout.send(customerioWebhook({ secret, at: T0, metric: 'delivered', identifiers: { id: 'ada' } }));

  it('is set up in one go: region found, reporting webhook made, and said what a journey needs', async () => {
    const { code, out, err } = await connect();
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('note  region: the workspace is in the region "eu", not "us"; taken over');
    expect(out).toContain(`POST ${PUBLIC_URL}/v1/journeys/JOURNEY/branch-points/BRANCH_POINT/decide`);
    expect(out).not.toMatch(/WRONG|track-secret|app-secret/);
    expect(customerio.reportingWebhooks()).toMatchObject([
      { endpoint: ENDPOINT, disabled: false, full_resolution: true, events: expect.arrayContaining(['sms_clicked']) },
    ]);
    const [{ events } = { events: [] as string[] }] = customerio.reportingWebhooks();
    // Clicks on every channel there is, and both sides of what changes an attribute.
    for (const channel of ['email', 'sms', 'whatsapp', 'push', 'in_app', 'slack', 'webhook'])
      expect(events).toContain(`${channel}_clicked`);
    for (const change of ['subscribed', 'unsubscribed', 'subscription_preferences_changed'])
      expect(events).toContain(`customer_${change}`);
    const shown = await turnout.must('GET', '/v1/destinations/customerio');
    expect(shown).toMatchObject({ settings: { region: 'eu', siteId: 'site' }, secrets: ['apiKey', 'appApiKey'] });
    expect(JSON.stringify(shown)).not.toMatch(/track-secret|app-secret/);
    // It is in use at once.
    customerio.seedSegment({ id: 7, name: 'clicked' });
    const push = { customerio: { segmentId: 7 } };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' }, push });
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: 'ada' } }));
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['ada']);
  });

  it('is told not to be set up without a key by which the reporting webhook can be made', async () => {
    const { CUSTOMERIO_APP_API_KEY: _, ...without } = credentials();
    const { code, out } = await connect(without);
    expect([code, out]).toEqual([1, expect.stringMatching(/WRONG app_api_key: [^]*CUSTOMERIO_APP_API_KEY[^]*by hand/)]);
    expect(out).toContain(ENDPOINT);
    expect(await wrong()).toEqual([]); // nothing that is there is wrong
    expect((await connect()).code).toBe(0);
  });

  it('is set up again without another webhook, and what somebody chose stays', async () => {
    await connect();
    const [webhook] = customerio.reportingWebhooks();
    Object.assign(webhook!, { name: 'Ours', with_content: true, full_resolution: false, disabled: true });
    webhook!.events = ['email_clicked', 'email_converted'];
    expect(await wrong()).toEqual(['reporting_webhook', 'full_resolution', 'events']);
    const missing = (await check()).find(({ about }) => about === 'events')!.says;
    expect(missing).toMatch(/: email_delivered, .*whatsapp_clicked.*, customer_subscribed, customer_unsubscribed$/);
    expect((await connect()).code).toBe(0);
    expect(customerio.reportingWebhooks()).toHaveLength(1);
    expect(webhook).toMatchObject({ name: 'Ours', with_content: true, full_resolution: true, disabled: false });
    expect(webhook!.events).toEqual(expect.arrayContaining(['email_converted', 'push_clicked', 'email_delivered']));
    expect(await wrong()).toEqual([]);
  });

  it('keeps what was chosen beside the credentials when it is set up again', async () => {
    await connect();
    const { settings } = await turnout.must('GET', '/v1/destinations/customerio');
    const chosen = { ...(settings as object), decisionsAs: 'both', reportClicks: true, requestsPerSecond: 50 };
    await turnout.must('PUT', '/v1/destinations/customerio', { kind: 'customerio', settings: chosen });
    const { CUSTOMERIO_TRACK_URL: _track, CUSTOMERIO_APP_URL: _app, ...again } = credentials();
    expect((await connect(again)).code).toBe(0);
    expect(await turnout.must('GET', '/v1/destinations/customerio')).toMatchObject({ settings: chosen });
  });

  it('says of what it refuses where it stands', async () => {
    const { err } = await connect(credentials({ CUSTOMERIO_APP_URL: 'http://10.0.0.1:1' }));
    expect(err).toContain('  /settings/appUrl: ');
    expect(err).not.toContain('/settings/trackUrl');
  });

  it('keeps what it had when the new credentials are wrong', async () => {
    await connect();
    const { code, out, err } = await connect(credentials({ CUSTOMERIO_API_KEY: 'mistyped' }));
    expect([code, err]).toEqual([1, 'Nothing was kept.\n']);
    expect(out).toMatch(/^WRONG credentials: .*\n {6}→ set siteId and apiKey/);
    expect(out).not.toContain('mistyped');
    expect(await wrong()).toEqual([]);
    const noApp = await connect(credentials({ CUSTOMERIO_APP_API_KEY: 'mistyped' }));
    expect([noApp.code, noApp.out]).toEqual([1, expect.stringContaining('WRONG app_api_key')]);
  });

  it.each([
    ['the region', { region: 'us' }, 'region', 'set region (CUSTOMERIO_REGION) to "eu"'],
    ['the key of the Track API', { apiKey: 'x' }, 'credentials', 'siteId and apiKey'],
    ['the key of the App API', { appApiKey: 'x' }, 'app_api_key', 'CUSTOMERIO_APP_API_KEY'],
  ])('is found to be wrong in %s', async (_, mistake, about, mend) => {
    await connect();
    await turnout.must('PUT', '/v1/destinations/customerio', {
      kind: 'customerio',
      settings: { siteId: 'site', region: 'eu', trackUrl: customerio.url, appUrl: customerio.url, ...mistake },
    });
    const found = (await check()).filter((one) => one.kind === 'wrong');
    expect(found).toEqual([expect.objectContaining({ about, mend: expect.stringContaining(mend) })]);
    const told = await run(['check', 'customerio', '--public-url', PUBLIC_URL]);
    expect([told.code, told.out]).toEqual([1, expect.stringContaining(`WRONG ${about}`)]);
  });

  it('is found to sign with another key, until a webhook is taken', async () => {
    await connect();
    expect((await check()).find((one) => one.about === 'signing_key')).toMatchObject({ kind: 'note' });
    expect((await delivered('another key')).status).toBe(401);
    expect(await wrong()).toEqual(['signing_key']);
    await database.setClock(T0 + 1);
    expect((await delivered(SIGNING_KEY)).status).toBe(200);
    expect((await check()).find((one) => one.about === 'signing_key')).toMatchObject({ kind: 'right' });
  });

  it('is found to know people by no id', async () => {
    await connect();
    const segment = customerio.seedSegment({ id: 7, name: 'clicked' });
    segment.members.add(customerio.seedPerson({ email: 'ada@example.com' }));
    const found = (await check()).find((one) => one.about === 'id_type');
    expect(found).toMatchObject({ kind: 'wrong', mend: expect.stringContaining('customer_id') });
    expect(JSON.stringify(found)).not.toContain('ada');
    segment.members.add(customerio.seedPerson({ id: 'ben' }));
    expect((await check()).find((one) => one.about === 'id_type')).toMatchObject({ kind: 'note' });
  });

  it('that does not answer is told so, and nothing is thought wrong that was not seen', async () => {
    await connect();
    customerio.faults.random(1, 1, [status(503)]);
    expect(await check()).toMatchObject([
      { about: 'credentials', kind: 'wrong', says: 'the Track API answered 503' },
      { about: 'app_api', kind: 'wrong', says: 'the App API answered 503' },
      { about: 'signing_key' },
    ]);
  });

  it('can not be set up by halves, nor from outside at addresses inside', async () => {
    expect((await connect({ CUSTOMERIO_SITE_ID: 'site' })).code).toBe(2);
    expect((await run(['connect', 'customerio'])).code).toBe(2);
    expect((await run(['connect', 'pigeons', '--public-url', PUBLIC_URL])).code).toBe(2);
    expect((await run(['connect', 'customerio', '--public-url', PUBLIC_URL])).code).toBe(1);
    const inside = { siteId: 's', apiKey: 'k', region: 'eu', trackUrl: 'http://169.254.169.254' };
    const refused = await turnout.call('POST', '/v1/destinations/check', {
      ...{ key: 'customerio', kind: 'customerio', settings: inside },
    });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/settings/trackUrl' }] } });
    await connect();
    for (const publicUrl of ['http://turnout.example.com', 'https://10.0.0.1', 'nonsense']) {
      const answer = await turnout.call('POST', '/v1/destinations/customerio/setup', { publicUrl });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/publicUrl' }] } });
    }
  });
});

describe('a receiver of webhooks', () => {
  it('is looked at by a signed message', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const database = await createTestDatabase();
    const receiver = await WebhookReceiver.start(secret);
    const turnout = await TestTurnout.start(database, undefined, {
      SECRETS_KEYS: randomBytes(32).toString('base64'),
      OUTBOUND_TRUSTED_HOSTS: receiver.host,
    });
    try {
      const settings = { url: receiver.url, secret };
      await turnout.must('PUT', '/v1/destinations/crm', { kind: 'webhook', settings });
      expect(await turnout.must('GET', '/v1/destinations/crm/check')).toMatchObject({ isRight: true });
      await turnout.must('POST', '/v1/destinations/crm/rotate'); // the old one signs beside the new one
      expect(await turnout.must('GET', '/v1/destinations/crm/check')).toMatchObject({ isRight: true });
      await turnout.must('PUT', '/v1/destinations/crm', {
        kind: 'webhook',
        settings: { url: receiver.url, previousSecret: null },
      });
      expect(await turnout.must('GET', '/v1/destinations/crm/check')).toMatchObject({
        isRight: false,
        findings: [{ about: 'receiver', says: expect.stringContaining('401') }],
      });
      expect((await turnout.call('POST', '/v1/destinations/crm/setup', { publicUrl: PUBLIC_URL })).status).toBe(409);
    } finally {
      await turnout.stop();
      await receiver.stop();
      await database.drop();
    }
  });
});
