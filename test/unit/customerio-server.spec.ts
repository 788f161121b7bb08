import { APIClient, CustomerIORequestError, IdentifierType, TrackClient } from 'customerio-node';
import {
  emptyBody,
  garbledBody,
  html502,
  resetAfter,
  resetBefore,
  slow,
  status,
  timeoutAfterApplying,
  timeoutBeforeApplying,
} from '../support/customerio-server/faults.js';
import {
  startCustomerioServer,
  type CustomerioServer,
  type CustomerioServerOptions,
} from '../support/customerio-server/customerio-server.js';

const ULID = '01JDEY3GZ8QW5M2T7V9XK4RBNC';
const OTHER_ULID = '01JDEY3GZ8QW5M2T7V9XK4RBND';
const ADD = 'POST /api/v1/segments/:segment/add_customers';

let server: CustomerioServer;

async function restart(options: CustomerioServerOptions): Promise<void> {
  await server.stop();
  server = await startCustomerioServer(options);
}

beforeEach(async () => {
  server = await startCustomerioServer();
});

afterEach(() => server.stop());

function track(timeout = 10_000): TrackClient {
  return new TrackClient(server.siteId, server.apiKey, {
    url: `${server.url}/api/v1`,
    timeout,
    retry: { maxRetries: 0 },
  });
}

function app(): APIClient {
  return new APIClient(server.appKey, { url: `${server.url}/v1`, retry: { maxRetries: 0 } });
}

/** A raw call with the right credentials for its path. */
async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const basic = Buffer.from(`${server.siteId}:${server.apiKey}`).toString('base64');
  const authorization = path.startsWith('/api/') ? `Basic ${basic}` : `Bearer ${server.appKey}`;
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

function refusal(code: number, message: RegExp): object {
  return { status: code, body: { meta: { errors: [expect.stringMatching(message)] } } };
}

function refusalOfV2(message: RegExp): object {
  const error = { reason: expect.any(String), field: expect.any(String), message: expect.stringMatching(message) };
  return { status: 400, body: { errors: [error] } };
}

const APPLIED = { status: 200, body: {} };

describe('credentials', () => {
  it.each([
    ['the Track API without any', '/api/v1/accounts/region', undefined],
    ['the Track API with a wrong key', '/api/v1/accounts/region', `Basic ${btoa('site:wrong')}`],
    ['the Track API with the App key', '/api/v1/accounts/region', 'Bearer app-key'],
    ['the App API without any', '/v1/segments', undefined],
    ['the App API with the Track key', '/v1/segments', `Basic ${btoa('site:track-key')}`],
  ])('are refused with 401: %s', async (_, path, authorization) => {
    const response = await fetch(server.url + path, { headers: authorization ? { authorization } : {} });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ meta: { errors: ['unauthorized'] } });
  });

  it('are those of the options', async () => {
    await restart({ siteId: 's', apiKey: 'k', appKey: 'a' });
    const client = new TrackClient('s', 'k', { url: `${server.url}/api/v1` });
    await expect(client.getAccountRegion()).resolves.toMatchObject({ region: 'us' });
    await expect(new APIClient('a', { url: `${server.url}/v1` }).listSegments()).resolves.toEqual({ segments: null });
  });
});

describe('the Track API', () => {
  it('tells the region', async () => {
    expect(await track().getAccountRegion()).toEqual({
      url: server.url,
      region: 'us',
      environment_id: expect.any(Number) as number,
    });
  });

  it('answers 404 outside what it knows', async () => {
    expect((await call('GET', '/api/v1/customers/ana')).status).toBe(404);
    expect((await call('POST', '/api/v1/nothing')).status).toBe(404);
  });

  describe('identify', () => {
    it('creates a person by id or by email, and updates by cio_id', async () => {
      expect(await track().identify('ana', { plan: 'pro' })).toEqual({});
      await track().identify('bo@example.com', {});
      const [ana, bo] = server.people();
      expect(ana).toMatchObject({ id: 'ana', attributes: { plan: 'pro' } });
      expect(bo).toMatchObject({ email: 'bo@example.com' });
      await track().identify(`cio_${bo!.cio_id}`, { id: 'bo', plan: 'free' });
      expect(server.people()[1]).toMatchObject({ id: 'bo', email: 'bo@example.com', attributes: { plan: 'free' } });
    });

    it('never creates with _update, nor by a cio_id', async () => {
      expect(await call('PUT', '/api/v1/customers/ana', { _update: true, plan: 'pro' })).toEqual(APPLIED);
      expect(await call('PUT', '/api/v1/customers/cio_x', { plan: 'pro' })).toEqual(APPLIED);
      expect(server.people()).toEqual([]);
    });

    it('orders rapid updates by _timestamp', async () => {
      await track().identify('ana', { plan: 'new', _timestamp: 20 });
      await track().identify('ana', { plan: 'old', _timestamp: 10 });
      expect(server.people()[0]!.attributes).toEqual({ plan: 'new' });
    });

    it.each([
      ['a body that is no object', 'ana', '[]', /object/],
      ['an identifier over 150 bytes', 'x'.repeat(151), {}, /150 bytes/],
      ['an attribute name over 150 bytes', 'ana', { ['n'.repeat(151)]: 1 }, /attribute name/],
      ['an attribute value over 1,000 bytes', 'ana', { plan: 'ü'.repeat(501) }, /attribute value/],
      ['over 300 attributes', 'ana', Object.fromEntries(Array.from({ length: 301 }, (_, n) => [`a${n}`, n])), /300/],
    ])('refuses %s', async (_, identifier, body, message) => {
      expect(await call('PUT', `/api/v1/customers/${identifier}`, body)).toEqual(refusal(400, message));
      expect(server.people()).toEqual([]);
    });
  });

  describe('events', () => {
    it('are kept with id, time and data, by whichever identifier', async () => {
      const ana = server.seedPerson({ id: 'ana', email: 'ana@example.com' });
      const event = { name: 'decided', id: ULID, timestamp: 1_795_514_400, data: { branch: 'a' } };
      expect(await track().track('ana', event)).toEqual({});
      await track().track('ana@example.com', { name: 'decided' });
      await track().track(`cio_${ana.cio_id}`, { name: 'decided' });
      await track().track('stranger', { name: 'other' });
      expect(server.events('decided')).toEqual([
        { ...event, person: 'ana' },
        { name: 'decided', data: {}, person: 'ana' },
        { name: 'decided', data: {}, person: 'ana' },
      ]);
      expect(server.events().at(-1)).toEqual({ name: 'other', data: {}, person: 'stranger' });
    });

    it('are ignored when their id was seen', async () => {
      await track().track('ana', { name: 'decided', id: ULID, data: { n: 1 } });
      expect(await track().track('ana', { name: 'decided', id: ULID, data: { n: 2 } })).toEqual({});
      await track().track('ana', { name: 'decided', id: OTHER_ULID, data: { n: 3 } });
      expect(server.events().map((event) => event.data.n)).toEqual([1, 3]);
    });

    it.each([
      ['no name', {}, /name is required/],
      ['a name over 100 bytes', { name: 'ü'.repeat(51) }, /100 bytes/],
      ['data over 100,000 bytes', { name: 'e', data: { text: 'x'.repeat(100_000) } }, /100000 bytes/],
      ['an id that is no ULID', { name: 'e', id: 'd1' }, /ULID/],
      ['a time in milliseconds', { name: 'e', timestamp: 1_795_514_400_000 }, /unix seconds/],
      ['a time with a fraction', { name: 'e', timestamp: 1_795_514_400.5 }, /unix seconds/],
    ])('are refused with %s', async (_, body, message) => {
      expect(await call('POST', '/api/v1/customers/ana/events', body)).toEqual(refusal(400, message));
      expect(server.events()).toEqual([]);
    });
  });

  describe('metrics of deliveries', () => {
    const clicked = {
      delivery_id: 'RPILAgABcRhI',
      metric: 'clicked',
      timestamp: 1_795_514_400,
      href: 'https://a.example/',
    };

    it('are counted, by the SDK, and again when they come again', async () => {
      await track().reportMetric(clicked);
      await track().reportMetric(clicked);
      expect(server.metrics()).toEqual([clicked, clicked]);
      expect(await call('POST', '/api/v1/metrics', { delivery_id: 'x', metric: 'opened' })).toEqual(APPLIED);
    });

    it.each([
      [{ ...clicked, delivery_id: undefined }, /^delivery_id is required/],
      [{ ...clicked, delivery_id: ' ' }, /^delivery_id is required/],
      [{ ...clicked, metric: 'touched' }, /^metric is not/],
      [{ ...clicked, timestamp: 1_795_514_400_000 }, /^timestamp must/],
      [{ ...clicked, timestamp: 1.5 }, /^timestamp must/],
      [{ ...clicked, href: undefined }, /^href must/],
      [{ ...clicked, href: 'cart' }, /^href must/],
      [{ ...clicked, customer_id: '42' }, /^customer_id is not a field/],
      [[clicked], /^body must/],
    ])('are refused when they are malformed: %j', async (body, message) => {
      expect(await call('POST', '/api/v1/metrics', body)).toEqual(refusal(400, message));
      expect(server.metrics()).toEqual([]);
    });
  });

  describe('segment membership', () => {
    beforeEach(() => {
      server.seedSegment({ id: 7, name: 'Cart' });
      server.seedPerson({ id: 'ana', email: 'ana@example.com', cio_id: 'a1' });
      server.seedPerson({ email: 'bo@example.com', cio_id: 'b1' });
      server.seedPerson({ cio_id: 'c1' });
    });

    it('is changed by each type of id', async () => {
      expect(await track().addCustomersToSegment(7, ['ana'])).toEqual({});
      await track().addCustomersToSegment(7, ['bo@example.com'], IdentifierType.Email);
      await track().addCustomersToSegment(7, ['c1'], IdentifierType.CioId);
      expect(server.segmentMembers('7')).toEqual(['ana', 'bo@example.com', 'c1']);
      await track().removeCustomersFromSegment(7, ['a1', 'c1'], IdentifierType.CioId);
      expect(server.segmentMembers(7)).toEqual(['bo@example.com']);
    });

    it('passes over ids that match nobody, and ids of another type', async () => {
      expect(await track().addCustomersToSegment(7, ['stranger', 'ana@example.com', 'cio_c1'])).toEqual({});
      expect(server.segmentMembers(7)).toEqual([]);
      expect(server.people()).toHaveLength(3);
    });

    it('keeps every applied operation in order, also those without an effect', async () => {
      await track().addCustomersToSegment(7, ['ana', 'stranger']);
      await track().addCustomersToSegment(7, ['ana']);
      await track().addCustomersToSegment(7, ['bo@example.com'], IdentifierType.Email);
      await track().removeCustomersFromSegment(7, ['ana@example.com'], IdentifierType.Email);
      expect(server.membershipOperations(7, 'ana').map((one) => one.operation)).toEqual(['add', 'add', 'remove']);
      expect(server.membershipOperations()).toHaveLength(4);
      expect(server.membershipOperations(8)).toEqual([]);
    });

    it('takes 1,000 ids at once', async () => {
      const ids = Array.from({ length: 1_000 }, (_, n) => `p${n}`);
      for (const id of ids) server.seedPerson({ id });
      await track().addCustomersToSegment(7, ids);
      expect(server.segmentMembers(7)).toEqual(ids);
    });

    it.each([
      ['no ids', '7', { ids: [] }, /1 to 1000 strings/],
      ['no list of ids', '7', {}, /1 to 1000 strings/],
      ['no JSON', '7', '{"ids":', /1 to 1000 strings/],
      ['1,001 ids', '7', { ids: Array.from({ length: 1_001 }, () => 'ana') }, /1 to 1000 strings/],
      ['a number among the ids', '7', { ids: ['ana', 5] }, /string/],
      ['an empty id among others', '7', { ids: ['ana', ''] }, /empty/],
      ['an id over 150 bytes among others', '7', { ids: ['ana', 'x'.repeat(151)] }, /150 bytes/],
      ['an unknown type of id', '7', { ids: ['ana'] }, /id_type/, '?id_type=phone'],
      ['an unknown segment', '404', { ids: ['ana'] }, /segment not found/],
      ['a data-driven segment', '9', { ids: ['ana'] }, /data-driven/],
    ])('is refused as a whole: %s', async (_, segment, body, message, query = '') => {
      server.seedSegment({ id: 9, name: 'Bought', type: 'dynamic' });
      for (const change of ['add_customers', 'remove_customers']) {
        const path = `/api/v1/segments/${segment}/${change}${query}`;
        expect(await call('POST', path, body)).toEqual(refusal(400, message));
      }
      expect(server.membershipOperations()).toEqual([]);
    });
  });

  describe('version 2', () => {
    const identify = (id: string, attributes: object = {}) => ({
      type: 'person',
      identifiers: { id },
      action: 'identify',
      attributes,
    });

    it('takes one item as an entity', async () => {
      expect(await track().entity(identify('ana', { plan: 'pro' }))).toEqual({});
      await track().entity({
        type: 'person',
        identifiers: { id: 'ana' },
        action: 'event',
        name: 'e',
        id: ULID,
        attributes: { n: 1 },
      });
      await track().entity({ type: 'person', identifiers: { id: 'ana' }, action: 'event', name: 'e', id: ULID });
      expect(server.people()).toMatchObject([{ id: 'ana', attributes: { plan: 'pro' } }]);
      expect(server.events()).toEqual([{ name: 'e', id: ULID, data: { n: 1 }, person: 'ana' }]);
    });

    it.each(['id', 'email', 'phone', 'cio_id'] as const)('finds people by %s', async (kind) => {
      const person = { id: 'ana', email: 'ana@example.com', phone: '+4930', cio_id: 'a1' };
      server.seedPerson(person);
      await track().entity({ type: 'person', identifiers: { [kind]: person[kind] }, action: 'event', name: 'e' });
      expect(server.events()).toEqual([{ name: 'e', data: {}, person: 'ana' }]);
    });

    it('refuses an entity over 32 KB', async () => {
      const big = identify('ana', Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a${n}`, 'x'.repeat(900)])));
      expect(await call('POST', '/api/v2/entity', big)).toEqual(refusalOfV2(/32000 bytes/));
      expect(server.people()).toEqual([]);
    });

    it('orders rapid updates by the timestamp beside the attributes, and knows none among them', async () => {
      await track().entity({ ...identify('ana', { plan: 'new' }), timestamp: 20 });
      await track().entity({ ...identify('ana', { plan: 'old' }), timestamp: 10 });
      expect(server.people()[0]!.attributes).toEqual({ plan: 'new' });
      const inMilliseconds = { ...identify('ana'), timestamp: 1_795_514_400_000 };
      expect(await call('POST', '/api/v2/entity', inMilliseconds)).toEqual(refusalOfV2(/unix seconds/));
      const asInV1 = identify('ana', { _timestamp: 30 });
      expect(await call('POST', '/api/v2/entity', asInV1)).toEqual(refusalOfV2(/its timestamp/));
    });

    it('answers 207 for the bad items of a batch and applies the others', async () => {
      const batch = [
        identify('ana'),
        { ...identify('bo'), action: 'dance' },
        { ...identify('cy'), identifiers: {} },
        { ...identify('di'), identifiers: { id: 'di', email: 'di@example.com' } },
        identify('ed', { big: 'x'.repeat(33_000) }),
        { type: 'person', identifiers: { id: 'ana' }, action: 'event', name: 'x'.repeat(101) },
        { ...identify('fi'), type: 'object' },
        'text',
        identify('gi'),
      ];
      const answer = await call('POST', '/api/v2/batch', { batch });
      const { errors } = answer.body as { errors: Record<string, unknown>[] };
      expect(answer.status).toBe(207);
      expect(errors.map(({ batch_index, field }) => [batch_index, field])).toEqual([
        [1, 'action'],
        [2, 'identifiers'],
        [3, 'identifiers'],
        [4, ''],
        [5, 'name'],
        [6, 'type'],
        [7, ''],
      ]);
      for (const error of errors)
        expect(Object.keys(error).sort()).toEqual(['batch_index', 'field', 'message', 'reason']);
      expect(server.people().map((person) => person.id)).toEqual(['ana', 'gi']);
    });

    it('is taken for a success by the SDK', async () => {
      await expect(track().batch([identify('ana'), { type: 'person' }])).resolves.toMatchObject({
        errors: [{ batch_index: 1 }],
      });
    });

    it('refuses a batch over 500 KB, and an empty one', async () => {
      const item = identify(
        'ana',
        Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`a${n}`, 'x'.repeat(900)])),
      );
      expect(await call('POST', '/api/v2/batch', { batch: Array(18).fill(item) })).toEqual(APPLIED);
      expect(await call('POST', '/api/v2/batch', { batch: Array(19).fill(item) })).toEqual(refusalOfV2(/500000 bytes/));
      expect(await call('POST', '/api/v2/batch', { batch: [] })).toEqual(refusalOfV2(/at least one/));
    });
  });
});

describe('the App API', () => {
  it('creates, shows, lists and deletes segments', async () => {
    await restart({ now: () => 1_795_514_400_500 });
    const created = await app().createSegment({ name: 'Cart', description: 'left behind' });
    expect(created).toEqual({
      segment: {
        id: 1,
        deduplicate_id: '1:1795514400',
        name: 'Cart',
        description: 'left behind',
        state: 'finished',
        progress: null,
        type: 'manual',
        tags: null,
        created_at: 1_795_514_400,
        updated_at: 1_795_514_400,
      },
    });
    expect(await app().getSegment(1)).toEqual(created);
    server.seedSegment({ id: 5, name: 'Bought', type: 'dynamic' });
    const { segments } = await app().listSegments();
    expect(segments).toMatchObject([
      { id: 1, type: 'manual' },
      { id: 5, type: 'dynamic' },
    ]);
    await app().deleteSegment(1);
    await expect(app().getSegment(1)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('makes two segments of one name, for want of an idempotency key', async () => {
    const first = await app().createSegment({ name: 'Cart' });
    const second = await app().createSegment({ name: 'Cart' });
    expect(first.segment.id).not.toBe(second.segment.id);
  });

  it('refuses a segment without a name', async () => {
    expect(await call('POST', '/v1/segments', { segment: {} })).toEqual(refusal(400, /name is required/));
  });

  it('answers null for empty lists', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    expect(await app().getSegmentMembership(7)).toEqual({ segment_id: 7, ids: null, identifiers: null, next: '' });
    await app().deleteSegment(7);
    expect(await app().listSegments()).toEqual({ segments: null });
  });

  it.each(['', '/customer_count', '/membership'])('answers 404 for an unknown segment%s', async (path) => {
    expect((await call('GET', `/v1/segments/404${path}`)).status).toBe(404);
  });

  it('counts members', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    server.seedPerson({ id: 'ana' });
    await track().addCustomersToSegment(7, ['ana']);
    expect(await app().getSegmentCustomerCount(7)).toEqual({ segment_id: 7, count: 1 });
  });

  it('pages through members, whose ids may be empty but whose identifiers are whole', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    server.seedPerson({ cio_id: 'a1', id: 'ana', email: 'ana@example.com' });
    server.seedPerson({ cio_id: 'b1', email: 'bo@example.com' });
    server.seedPerson({ cio_id: 'c1', id: 'cy' });
    await track().addCustomersToSegment(7, ['c1', 'a1', 'b1'], IdentifierType.CioId);
    const first = await app().getSegmentMembership(7, { limit: 2 });
    expect(first).toEqual({
      segment_id: 7,
      ids: ['ana', ''],
      identifiers: [
        { id: 'ana', email: 'ana@example.com', cio_id: 'a1' },
        { id: null, email: 'bo@example.com', cio_id: 'b1' },
      ],
      next: expect.stringMatching(/./) as string,
    });
    await track().removeCustomersFromSegment(7, ['a1'], IdentifierType.CioId);
    expect(await app().getSegmentMembership(7, { start: first.next as string, limit: 2 })).toMatchObject({
      ids: ['cy'],
      next: '',
    });
  });

  it('gives pages of 1,000 unless asked, and of 30,000 at most', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    for (let n = 0; n < 1_001; n++) server.seedPerson({ id: `p${n}` });
    const ids = server.people().map((person) => person.id!);
    await track().addCustomersToSegment(7, ids.slice(0, 1_000));
    await track().addCustomersToSegment(7, ids.slice(1_000));
    expect((await app().getSegmentMembership(7)).ids).toHaveLength(1_000);
    expect((await app().getSegmentMembership(7, { limit: 30_000 })).ids).toHaveLength(1_001);
    expect((await call('GET', '/v1/segments/7/membership?limit=30001')).status).toBe(400);
  });
});

describe('traffic', () => {
  it('is kept as it came', async () => {
    await restart({ now: () => 1_795_514_400_000 });
    await track().identify('ana smith', { plan: 'pro' });
    expect(server.requests()).toEqual([
      { method: 'PUT', path: '/api/v1/customers/ana%20smith', body: { plan: 'pro' }, receivedAt: 1_795_514_400_000 },
    ]);
  });

  it('is counted by route and second', async () => {
    let now = 10_000;
    await restart({ now: () => now });
    await track().identify('ana', {});
    await track().identify('bo', {});
    now = 11_999;
    await track().identify('ana', {});
    await track().getAccountRegion();
    expect([...server.requestsBySecond('PUT /api/v1/customers/:identifier')]).toEqual([
      [10, 2],
      [11, 1],
    ]);
    expect([...server.requestsBySecond()]).toEqual([
      [10, 2],
      [11, 2],
    ]);
  });

  it('beyond the limit of a second is answered 429 until the next, and not applied', async () => {
    let now = 10_000;
    await restart({ now: () => now, rateLimit: { requestsPerSecond: 2 } });
    await track().identify('ana', {});
    await track().identify('bo', {});
    await expect(track().identify('cy', {})).rejects.toMatchObject({
      statusCode: 429,
      response: { headers: { 'retry-after': '1' } },
    });
    now = 11_000;
    await track().identify('di', {});
    expect(server.people().map((person) => person.id)).toEqual(['ana', 'bo', 'di']);
  });

  it('about one person in one segment is counted while it is in flight', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    server.seedPerson({ id: 'ana', email: 'ana@example.com' });
    await track().addCustomersToSegment(7, ['ana']);
    await track().removeCustomersFromSegment(7, ['ana']);
    expect(server.mostInFlight(7, 'ana')).toBe(1);
    server.faults.next(2, slow(50));
    await Promise.all([
      track().addCustomersToSegment(7, ['ana', 'bo']),
      track().removeCustomersFromSegment(7, ['ana@example.com'], IdentifierType.Email),
    ]);
    expect(server.mostInFlight(7, 'ana')).toBe(2);
    expect(server.mostInFlight(7, 'bo')).toBe(1);
    expect(server.mostInFlight(8, 'ana')).toBe(0);
    expect(server.mostInFlight()).toBe(2);
  });
});

describe('scripted faults', () => {
  const HANGING_MS = 150;
  const identify = () => track(HANGING_MS).identify('ana', {});
  const wasApplied = () => server.people().length === 1;

  it('answer a status with headers and texts, and apply nothing', async () => {
    server.faults.next(1, status(503, { 'Retry-After': '7' }, ['tired']));
    const error: unknown = await identify().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CustomerIORequestError);
    expect(error).toMatchObject({ statusCode: 503, response: { headers: { 'retry-after': '7' } } });
    expect((error as CustomerIORequestError).body).toBe('{"meta":{"errors":["tired"]}}');
    expect(wasApplied()).toBe(false);
  });

  it.each([
    ['before', timeoutBeforeApplying, false],
    ['after', timeoutAfterApplying, true],
  ])('leave the client hanging %s applying', async (_, fault, isApplied) => {
    server.faults.next(1, fault);
    await expect(identify()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(wasApplied()).toBe(isApplied);
  });

  it.each([
    ['before', resetBefore, false],
    ['after', resetAfter, true],
  ])('reset the connection %s applying', async (_, fault, isApplied) => {
    server.faults.next(1, fault);
    await expect(identify()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(wasApplied()).toBe(isApplied);
  });

  it('apply late when slow', async () => {
    server.faults.next(1, slow(20));
    await expect(identify()).resolves.toEqual({});
    expect(wasApplied()).toBe(true);
  });

  it('apply and answer nothing, or something unreadable', async () => {
    server.faults.next(1, emptyBody);
    await expect(identify()).resolves.toEqual({});
    expect(wasApplied()).toBe(true);
    server.faults.next(1, garbledBody);
    await expect(track().identify('bo', {})).rejects.toThrow('Unable to parse JSON');
    expect(server.people()).toHaveLength(2);
  });

  it("answer a proxy's page with 502", async () => {
    server.faults.next(1, html502);
    const response = await fetch(`${server.url}/api/v1/accounts/region`);
    expect(response.status).toBe(502);
    expect(await response.text()).toMatch(/^<html>/);
  });

  it('come in the order in which they were scripted, then end', async () => {
    server.faults.next(2, status(500));
    server.faults.next(1, status(503));
    const codes: number[] = [];
    for (let n = 0; n < 4; n++) codes.push((await call('GET', '/api/v1/accounts/region')).status);
    expect(codes).toEqual([500, 500, 503, 200]);
  });

  it('come at random alike for the same seed, and until they are cleared', async () => {
    const codes = async (seed: number) => {
      server.faults.random(seed, 0.5, [status(500), status(503)]);
      const seen: number[] = [];
      for (let n = 0; n < 40; n++) seen.push((await call('GET', '/api/v1/accounts/region')).status);
      return seen;
    };
    const first = await codes(1);
    expect(new Set(first)).toEqual(new Set([200, 500, 503]));
    expect(await codes(1)).toEqual(first);
    expect(await codes(2)).not.toEqual(first);
    server.faults.clear();
    expect((await call('GET', '/api/v1/accounts/region')).status).toBe(200);
  });

  it('do not keep the server from stopping', async () => {
    server.faults.next(1, timeoutBeforeApplying);
    server.faults.next(1, slow(60_000));
    const hanging = Promise.allSettled([track().identify('ana', {}), track().identify('bo', {})]);
    while (server.requests().length < 2) await new Promise(setImmediate);
    await restart({});
    expect((await hanging).map((one) => one.status)).toEqual(['rejected', 'rejected']);
  });

  it('count per route what they hit, too', async () => {
    server.seedSegment({ id: 7, name: 'Cart' });
    server.faults.next(1, status(500));
    await expect(track().addCustomersToSegment(7, ['ana'])).rejects.toMatchObject({ statusCode: 500 });
    expect([...server.requestsBySecond(ADD).values()]).toEqual([1]);
  });
});

describe('reporting webhooks of the App API', () => {
  const webhook = { name: 'n', endpoint: 'https://here.example/x', events: ['email_clicked'] };
  const path = '/v1/reporting_webhooks';

  it('are null while there are none, and report first clicks alone unless told otherwise', async () => {
    expect(await call('GET', path)).toEqual({ status: 200, body: { reporting_webhooks: null } });
    const made = { ...webhook, id: 1, type: 'webhook', disabled: false, full_resolution: false, with_content: false };
    expect(await call('POST', path, webhook)).toEqual({ status: 200, body: made });
    const changed = { ...made, full_resolution: true };
    expect(await call('PUT', `${path}/1`, { ...webhook, full_resolution: true })).toEqual({
      status: 200,
      body: changed,
    });
    expect(await call('GET', path)).toEqual({ status: 200, body: { reporting_webhooks: [changed] } });
    expect((await call('DELETE', `${path}/1`)).status).toBe(200);
    expect((await call('GET', `${path}/1`)).status).toBe(404);
  });

  it.each([
    { name: '' },
    { type: 'webhook' },
    { endpoint: 'here' },
    { events: [] },
    { events: ['clicked'] },
    { events: ['customer_cio_subscription_preferences_changed'] },
    { full_resolution: 'yes' },
    { fullResolution: true },
  ])('refuse %j', async (mistake) => {
    expect((await call('POST', path, { ...webhook, ...mistake })).status).toBe(400);
  });
});
