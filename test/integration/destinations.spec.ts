import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { erasureMessage } from '../../src/outbox/outbox-message.js';
import { OutboxStore } from '../../src/outbox/outbox-store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { DAY, T0 } from '../support/builders.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { Ga4Server } from '../support/ga4-server.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { customerioWebhook } from '../support/webhooks.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const CLICKED = { performed: 'click', within: '1d' };
const NEW_KEY = () => randomBytes(32).toString('base64');

describe('several destinations at once', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let receiver: WebhookReceiver;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked', type: 'manual' });
    receiver = await WebhookReceiver.start(SECRET);
    turnout = await TestTurnout.start(database, customerio, {
      SECRETS_KEYS: NEW_KEY(),
      OUTBOUND_TRUSTED_HOSTS: receiver.host,
      DELIVERY_MAX_ATTEMPTS: '1',
    });
    await turnout.must('PUT', '/v1/destinations/crm', {
      kind: 'webhook',
      // The clock stands still: what a second takes is all that a test may send.
      settings: { url: receiver.url, secret: SECRET, requestsPerSecond: 1_000 },
    });
    await publish({ customerio: { segmentId: 7 }, crm: {} });
  });

  afterEach(async () => {
    await turnout.stop();
    await receiver.stop();
    await customerio.stop();
    await database.drop();
  });

  const publish = (push: object | null) =>
    turnout.must('PUT', '/v1/segments/clicked', { rule: CLICKED, ...(push && { push }) });
  const click = async (identifiers: Record<string, string>, at = T0): Promise<void> => {
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers }));
  };
  const deadLetters = async () => (await turnout.must('GET', '/v1/outbox/dead-letters')).deadLetters as JsonObject[];

  it('each holds what we hold, and both are told when somebody leaves', async () => {
    for (const id of ['ada', 'ben']) customerio.seedPerson({ id });
    await click({ id: 'ada' });
    await click({ id: 'ben' });
    await turnout.settle();
    expect(customerio.segmentMembers(7).sort()).toEqual(['ada', 'ben']);
    expect(receiver.membersOf('clicked')).toEqual([{ customer_id: 'ada' }, { customer_id: 'ben' }]);
    await database.setClock(T0 + DAY);
    await turnout.settle();
    expect([customerio.segmentMembers(7), receiver.membersOf('clicked')]).toEqual([[], []]);
  });

  it('what one refuses is its own dead letter, and the other one has it', async () => {
    customerio.seedPerson({ id: 'ada' });
    receiver.faults.next(1, status(400));
    await click({ id: 'ada' });
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['ada']);
    const [letter, ...others] = await deadLetters();
    expect([letter, others]).toMatchObject([{ destination: 'crm', reason: 'the receiver answered 400' }, []]);
    const before = customerio.requests().length;
    await turnout.must('POST', `/v1/outbox/dead-letters/${letter!.id}/requeue`);
    await turnout.settle();
    expect(receiver.membersOf('clicked')).toEqual([{ customer_id: 'ada' }]);
    expect(customerio.requests()).toHaveLength(before);
  });

  it('one that is added later is told of those who are members already, one that is taken away of their leaving', async () => {
    customerio.seedPerson({ id: 'ada' });
    await publish({ customerio: { segmentId: 7 } });
    await click({ id: 'ada' });
    await turnout.settle();
    expect(receiver.received).toEqual([]);
    await publish({ customerio: { segmentId: 7 }, crm: { segmentId: 'spring' } });
    await turnout.settle();
    expect(receiver.membersOf('spring')).toEqual([{ customer_id: 'ada' }]);
    await publish({ crm: { segmentId: 'spring' } });
    await turnout.settle();
    expect([customerio.segmentMembers(7), receiver.membersOf('spring')]).toEqual([[], [{ customer_id: 'ada' }]]);
    expect(receiver.received).toHaveLength(1);
    await publish(null);
    await turnout.settle();
    expect(receiver.membersOf('spring')).toEqual([]);
  });

  it('whoever publishes without a push that was there is warned that members leave, however it is published', async () => {
    const left = 'it is no longer pushed to segment 7 of customerio: whoever is a member leaves there';
    const warningsOf = async (work: Promise<JsonObject>) =>
      ((await work)['warnings'] as string[]).filter((one) => one.startsWith('it is no longer'));
    const crm = { crm: {} };
    expect(await warningsOf(publish({ customerio: { segmentId: 7 } }))).toEqual([
      left.replace('7 of customerio', 'clicked of crm'),
    ]);
    expect(await warningsOf(publish(crm))).toEqual([left]);
    expect(await warningsOf(publish(crm))).toEqual([]);
    await turnout.must('POST', '/v1/segments/clicked/rollback', { version: 1 });
    expect(await warningsOf(turnout.must('POST', '/v1/segments/clicked/rollback', { version: 3 }))).toEqual([left]);
    await publish({ customerio: { segmentId: 7 } });
    await turnout.must('PUT', '/v1/segments/clicked/draft', { rule: CLICKED });
    expect(await warningsOf(turnout.must('POST', '/v1/segments/clicked/publish', { force: true }))).toEqual([left]);
    await turnout.must('POST', '/v1/segments/press/manual', { push: { customerio: { segmentId: 7 } } });
    expect(await warningsOf(turnout.must('POST', '/v1/segments/press/manual', {}))).toEqual([left]);
  });

  it('who is merged leaves both under the old id, and stays under the new one', async () => {
    customerio.seedPerson({ id: 'ada', email: 'ada@example.com' });
    await click({ email: 'ada@example.com' });
    await turnout.settle();
    expect(receiver.membersOf('clicked')).toEqual([{ email: 'ada@example.com' }]);
    await click({ id: 'ada' });
    await turnout.settle();
    expect(receiver.membersOf('clicked')).toHaveLength(2);
    await click({ id: 'ada', email: 'ada@example.com' });
    await turnout.settle();
    expect(receiver.membersOf('clicked')).toEqual([{ customer_id: 'ada', email: 'ada@example.com' }]);
    expect(customerio.segmentMembers(7)).toEqual(['ada']);
  });

  it('each is asked to forget whoever is erased', async () => {
    customerio.seedPerson({ id: 'ada' });
    await click({ id: 'ada', email: 'ada@example.com' });
    await turnout.settle();
    const erased = await turnout.must('DELETE', '/v1/profiles/customer_id:ada');
    expect(erased.destinations.sort()).toEqual(['crm', 'customerio']);
    await turnout.settle();
    expect(receiver.erased).toEqual(expect.arrayContaining([{ customer_id: 'ada' }, { email: 'ada@example.com' }]));
    expect([receiver.membersOf('clicked'), customerio.segmentMembers(7)]).toEqual([[], []]);
    const { rows } = await database.pool.query('SELECT * FROM outbox');
    expect(rows).toEqual([]);
  });

  it('each is told of decisions, once', async () => {
    customerio.seedPerson({ id: 'ada' });
    await click({ id: 'ada' });
    const point = { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' };
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
    const asked = { identifiers: { customer_id: 'ada' } };
    const { decision_id: id } = await turnout.must('POST', '/v1/journeys/welcome/branch-points/fork/decide', asked);
    await turnout.settle();
    expect(customerio.events('turnout_branch_decided')).toMatchObject([{ id, person: 'ada' }]);
    const told = receiver.received.filter((one) => one.headers['webhook-id'] === id);
    expect(told.map((one) => JSON.parse(one.body) as unknown)).toMatchObject([
      {
        type: 'branch.decided',
        data: { profile: { customer_id: 'ada' }, decision: { branch: 'yes', decision_id: id } },
      },
    ]);
  });

  it('what can not be read back is not reconciled, and says so', async () => {
    expect(await turnout.call('POST', '/v1/destinations/crm/reconciliations', {})).toMatchObject({ status: 409 });
    expect((await turnout.must('GET', '/v1/destinations/crm/reconciliations')).reconciliations).toEqual([]);
  });

  it('one that segments are pushed to stays; then it goes, with what it is still owed', async () => {
    const refused = await turnout.call('DELETE', '/v1/destinations/crm');
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('segment "clicked"') } });
    await publish({ customerio: { segmentId: 7 } });
    await receiver.stop();
    await click({ id: 'ada' });
    await turnout.must('PUT', '/v1/journeys/welcome', {
      branchPoints: { fork: { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' } },
    });
    await turnout.must('POST', '/v1/journeys/welcome/branch-points/fork/decide', {
      identifiers: { customer_id: 'ada' },
    });
    await turnout.settle();
    expect(await deadLetters()).toMatchObject([{ destination: 'crm', subject: expect.stringContaining('decision:') }]);
    expect(await turnout.must('DELETE', '/v1/destinations/crm')).toEqual({ key: 'crm', dropped: { decision: 1 } });
    expect([await deadLetters(), (await turnout.call('GET', '/v1/destinations/crm')).status]).toEqual([[], 404]);
    // By a process that did not know of it yet.
    const late = erasureMessage({ lane: 1, profileId: 1 }, 'crm', [{ customer_id: 'ben' }]);
    await turnout.app.get(OutboxStore).append(turnout.app.get(DataSource).manager, [late]);
    await database.setClock(T0 + 60_000);
    const owed = async () => (await database.pool.query(`SELECT FROM outbox WHERE destination = 'crm'`)).rowCount;
    while ((await owed()) !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const push = { push: { crm: {} } };
    expect(await turnout.call('PUT', '/v1/segments/x', { rule: CLICKED, ...push })).toMatchObject({ status: 400 });
    receiver = await WebhookReceiver.start(SECRET);
  });
});

describe('Google Analytics', () => {
  it('is told of decisions, and of nothing else', async () => {
    const credentials = { measurementId: 'G-ABC1234567', apiSecret: 'collect-secret' };
    const database = await createTestDatabase();
    const at = Date.now(); // what it takes, it takes by the real time
    await database.setClock(at);
    const server = await Ga4Server.start(credentials);
    const turnout = await TestTurnout.start(database, undefined, {
      SECRETS_KEYS: NEW_KEY(),
      OUTBOUND_TRUSTED_HOSTS: server.host,
    });
    try {
      const settings = { ...credentials, collectUrl: `http://${server.host}`, requestsPerSecond: 1_000 };
      await turnout.must('PUT', '/v1/destinations/analytics', { kind: 'ga4', settings });
      expect(await turnout.must('GET', '/v1/destinations/analytics/check')).toMatchObject({ isRight: true });
      const refused = await turnout.call('PUT', '/v1/segments/x', { rule: CLICKED, push: { analytics: {} } });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/push/analytics' }] } });
      await turnout.must('PUT', '/v1/segments/clicked', { rule: CLICKED });
      const point = { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' };
      await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
      await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id: 'ada' } }));
      const asked = { identifiers: { customer_id: 'ada' } };
      const { decision_id: id } = await turnout.must('POST', '/v1/journeys/welcome/branch-points/fork/decide', asked);
      while (server.hits.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(server.hits).toMatchObject([
        { name: 'turnout_branch_decided', params: { decision_id: id, branch: 'yes' } },
      ]);
      expect((await turnout.must('DELETE', '/v1/profiles/customer_id:ada')).destinations).not.toContain('analytics');
    } finally {
      await turnout.stop();
      await server.stop();
      await database.drop();
    }
  });
});

describe('destinations that are set up through the API', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  const key = NEW_KEY();

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { SECRETS_KEYS: key });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const url = 'https://crm.example.com/turnout';
  const put = (name: string, settings: object, kind = 'webhook') =>
    turnout.call('PUT', `/v1/destinations/${name}`, { kind, settings });
  const kept = async () => (await database.pool.query<JsonObject>('SELECT * FROM destinations')).rows[0]!;

  it('show a secret that is made here once, and never again; it is kept encrypted', async () => {
    const made = await turnout.call('POST', '/v1/destinations', { key: 'crm', kind: 'webhook', settings: { url } });
    expect(made).toMatchObject({ status: 201, body: { key: 'crm', settings: { url }, secrets: ['secret'] } });
    expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { secret, ...view } = made.body;
    expect(await turnout.must('GET', '/v1/destinations/crm')).toEqual(view);
    expect(await turnout.must('GET', '/v1/destinations')).toMatchObject({
      destinations: [{ ...view, isReadBack: false }],
    });
    const row = await kept();
    expect(JSON.stringify(row) + row.secrets.toString('latin1')).not.toContain(secret.slice(6));
  });

  it('change without their secrets being given again, and lose one that is null', async () => {
    await put('crm', { url, secret: SECRET });
    const rotated = await turnout.must('POST', '/v1/destinations/crm/rotate');
    expect(rotated.secrets).toEqual(['previousSecret', 'secret']);
    expect(rotated.secret).not.toBe(SECRET);
    expect(await put('crm', { url: `${url}/2` })).toMatchObject({
      status: 200,
      body: { settings: { url: `${url}/2` }, secrets: ['previousSecret', 'secret'] },
    });
    const ended = await put('crm', { url, previousSecret: null });
    expect(ended.body.secrets).toEqual(['secret']);
    expect(ended.body).not.toHaveProperty('secret');
  });

  it('are refused with every problem, a pointer to each, and no secret in it', async () => {
    const answer = await put('crm', { url, secret: 'whsec_hunter2', identifiers: ['phone'], colour: 'red' });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((one: JsonObject) => one.pointer).sort()).toEqual([
      '/settings/colour',
      '/settings/identifiers',
      '/settings/secret',
    ]);
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    for (const inner of ['http://crm.example.com', 'https://169.254.169.254/', 'https://localhost@10.0.0.1/']) {
      const { status: code, body } = await put('crm', { url: inner });
      expect([code, body.errors[0]]).toMatchObject([400, { pointer: '/settings/url' }]);
    }
    expect((await put('Not A Key', { url })).status).toBe(400);
    expect((await put('crm', { url }, 'pigeon')).status).toBe(400);
    expect((await put('customerio', { url })).status).toBe(400);
    const workspace = { siteId: 's', apiKey: 'k', region: 'eu' };
    expect((await put('crm', workspace, 'customerio')).status).toBe(400);
    expect((await put('customerio', { ...workspace, region: 'mars' }, 'customerio')).body.errors).toMatchObject([
      { pointer: '/settings/region' },
    ]);
    await put('crm', { url });
    const again = await turnout.call('POST', '/v1/destinations', { key: 'crm', kind: 'webhook', settings: { url } });
    expect(again.status).toBe(409);
    expect((await turnout.call('POST', '/v1/destinations/nowhere/rotate')).status).toBe(404);
    expect((await turnout.call('DELETE', '/v1/destinations/nowhere')).status).toBe(404);
  });

  it('take segments in their own way, and say so at the field that asks for another', async () => {
    await put('crm', { url });
    const pushed = { rule: CLICKED, push: { crm: { as: 'event' } } };
    expect((await turnout.call('PUT', '/v1/segments/clicked', pushed)).body.errors).toEqual([
      { pointer: '/push/crm/as', detail: '"as" is for Customer.io alone' },
    ]);
  });

  it('go on with a new key of secrets, and are kept by it from then on', async () => {
    await put('crm', { url, secret: SECRET });
    const before = await kept();
    const next = NEW_KEY();
    await turnout.stop();
    turnout = await TestTurnout.start(database, undefined, { SECRETS_KEYS: `${next},${key}` });
    expect((await turnout.must('GET', '/v1/destinations/crm')).problem).toBeNull();
    expect((await kept()).secrets.equals(before.secrets)).toBe(false);
    await turnout.stop();
    turnout = await TestTurnout.start(database, undefined, { SECRETS_KEYS: next });
    expect((await turnout.must('GET', '/v1/destinations/crm')).problem).toBeNull();
    await turnout.stop();
    turnout = await TestTurnout.start(database, undefined, { SECRETS_KEYS: NEW_KEY() });
    const { problem } = await turnout.must('GET', '/v1/destinations/crm');
    expect(problem).toMatch(/SECRETS_KEYS lacks the key [0-9a-f]{8}/);
  });

  it('need a key of secrets', async () => {
    await turnout.stop();
    turnout = await TestTurnout.start(database);
    expect(await put('crm', { url })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('openssl rand -base64 32') },
    });
  });

  it('are what other processes set up, a second later at the most', async () => {
    const other = await TestTurnout.start(database, undefined, { SECRETS_KEYS: key });
    try {
      await other.must('PUT', '/v1/destinations/crm', { kind: 'webhook', settings: { url } });
      await turnout.must('PUT', '/v1/segments/x', { rule: CLICKED, push: { crm: {} } });
    } finally {
      await other.stop();
    }
  });
});

describe('destinations that the environment configures', () => {
  it('have the last word, and are shown by name alone', async () => {
    const database = await createTestDatabase();
    const customerio = await startCustomerioServer();
    const turnout = await TestTurnout.start(database, customerio, { SECRETS_KEYS: NEW_KEY() });
    try {
      const { destinations } = await turnout.must('GET', '/v1/destinations');
      expect(destinations).toEqual([
        expect.objectContaining({ key: 'customerio', from: 'environment', settings: null }),
      ]);
      const settings = { siteId: 's', apiKey: 'k', region: 'eu' };
      const refused = await turnout.call('PUT', '/v1/destinations/customerio', { kind: 'customerio', settings });
      expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('environment') } });
      expect((await turnout.call('DELETE', '/v1/destinations/customerio')).status).toBe(409);
    } finally {
      await turnout.stop();
      await customerio.stop();
      await database.drop();
    }
  });
});
