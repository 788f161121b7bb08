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
  type Fault,
} from '../../../test/support/customerio-server/faults.js';
import {
  startCustomerioServer,
  type CustomerioServer,
} from '../../../test/support/customerio-server/customerio-server.js';
import type { Addressee, DecisionMessage, Destination, MembershipMessage, SendOutcome } from '../destination.js';
import { createCustomerioDestination } from './customerio-destination.js';

const SEGMENT = '7';
const ULID = '01JDEY3GZ8QW5M2T7V9XK4RBNC';
const ADD = 'POST /api/v1/segments/:segment/add_customers';
const ACCEPTED: SendOutcome = { kind: 'accepted' };

let server: CustomerioServer;
let destination: Destination;

beforeEach(async () => {
  server = await startCustomerioServer();
  server.seedSegment({ id: 7, name: 'Cart' });
  destination = destinationOf(server);
});

afterEach(() => server.stop());

function destinationOf({ siteId, apiKey, url }: CustomerioServer, timeoutMs = 10_000): Destination {
  return createCustomerioDestination({ siteId, apiKey, region: 'us', trackUrl: url, timeoutMs });
}

function membership(addressee: Addressee, isMember = true, externalSegmentId = SEGMENT): MembershipMessage {
  return { kind: 'membership', id: 'msg_1', version: 1, addressee, externalSegmentId, isMember, isKnown: true };
}

function decision(addressee: Addressee, id = ULID): DecisionMessage {
  return { kind: 'decision', addressee, id, occurredAt: 1_795_514_400_999, data: { branch: 'buyers', as_of: 'now' } };
}

function customers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

function sentIds(): unknown[] {
  return server
    .requests()
    .map(({ path, body }) => [path.replace('/api/v1/segments/', ''), (body as { ids: unknown }).ids]);
}

describe('memberships at Customer.io', () => {
  it('adds and removes people', async () => {
    for (const id of ['ana', 'bo']) server.seedPerson({ id });
    await destination.send([membership({ customerId: 'ana' }), membership({ customerId: 'bo' })]);
    expect(server.segmentMembers(SEGMENT)).toEqual(['ana', 'bo']);

    expect(await destination.send([membership({ customerId: 'ana' }, false)])).toEqual([ACCEPTED]);
    expect(server.segmentMembers(SEGMENT)).toEqual(['bo']);
  });

  it('puts 2,500 people into 3 requests of at most 1,000', async () => {
    const ids = customers(2_500);
    for (const id of ids) server.seedPerson({ id });
    const outcomes = await destination.send(ids.map((customerId) => membership({ customerId })));
    expect(outcomes).toHaveLength(2_500);
    expect(outcomes.filter((one) => one.kind !== 'accepted')).toEqual([]);
    expect(server.requests()).toHaveLength(3);
    expect(new Set(server.segmentMembers(SEGMENT))).toEqual(new Set(ids));
  });

  it('names each person by customer id, else cio_id, else email, one kind a request', async () => {
    server.seedPerson({ id: 'ana', email: 'ana@example.com', cio_id: 'a1' });
    server.seedPerson({ email: 'bo@example.com', cio_id: 'b1' });
    server.seedPerson({ email: 'cy@example.com', cio_id: 'c1' });
    const outcomes = await destination.send([
      membership({ customerId: 'ana', cioId: 'a1', email: 'ana@example.com' }),
      membership({ cioId: 'b1', email: 'bo@example.com' }),
      membership({ email: 'cy@example.com' }),
    ]);
    expect(outcomes).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
    expect(new Set(sentIds())).toEqual(
      new Set([
        ['7/add_customers?id_type=id', ['ana']],
        ['7/add_customers?id_type=cio_id', ['b1']],
        ['7/add_customers?id_type=email', ['cy@example.com']],
      ]),
    );
    expect(server.segmentMembers(SEGMENT).sort()).toEqual(['ana', 'bo@example.com', 'cy@example.com']);
  });

  it('keeps segments and directions apart', async () => {
    server.seedSegment({ id: 8, name: 'Other' });
    server.seedPerson({ id: 'ana' });
    server.seedPerson({ id: 'bo' });
    await destination.send([
      membership({ customerId: 'ana' }, true, '7'),
      membership({ customerId: 'ana' }, false, '8'),
      membership({ customerId: 'bo' }, true, '8'),
    ]);
    expect(server.segmentMembers(7)).toEqual(['ana']);
    expect(server.segmentMembers(8)).toEqual(['bo']);
  });

  it('accepts what Customer.io passes over without a word: people it does not know', async () => {
    expect(await destination.send([membership({ customerId: 'stranger' })])).toEqual([ACCEPTED]);
    expect(server.segmentMembers(SEGMENT)).toEqual([]);
  });

  it('rejects only those without a usable identifier, and sends the others', async () => {
    server.seedPerson({ id: 'ana' });
    const outcomes = await destination.send([
      membership({}),
      membership({ customerId: 'x'.repeat(151) }),
      membership({ customerId: 'ana' }),
      membership({ customerId: ' ' }),
      membership({ email: '\ud800@example.com' }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'rejected', 'accepted', 'rejected', 'rejected']);
    expect(outcomes[0]).toHaveProperty('reason', expect.stringContaining('no identifier'));
    expect(sentIds()).toEqual([['7/add_customers?id_type=id', ['ana']]]);
  });

  it('counts the 150 bytes of an identifier as bytes', async () => {
    const outcomes = await destination.send([
      membership({ customerId: 'ü'.repeat(75) }),
      membership({ customerId: 'ü'.repeat(76) }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['accepted', 'rejected']);
  });

  it('takes the next identifier where the preferred one is unusable', async () => {
    server.seedPerson({ email: 'ana@example.com' });
    await destination.send([membership({ customerId: 'x'.repeat(151), email: 'ana@example.com' })]);
    expect(server.segmentMembers(SEGMENT)).toEqual(['ana@example.com']);
  });

  it('sends the last of several states of one person, and settles all with it', async () => {
    server.seedPerson({ id: 'ana' });
    const outcomes = await destination.send([
      membership({ customerId: 'ana' }, true),
      membership({ customerId: 'ana' }, false),
      membership({ customerId: 'ana' }, true),
    ]);
    expect(outcomes).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
    expect(server.membershipOperations(SEGMENT, 'ana').map((one) => one.operation)).toEqual(['add']);
  });

  it.each(['', '..', 'cart', '7/8'])('rejects the segment id "%s" without a request', async (id) => {
    const [outcome] = await destination.send([membership({ customerId: 'ana' }, true, id)]);
    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('segment id') as string });
    expect(server.requests()).toEqual([]);
  });

  it("rejects with Customer.io's own words where the segment is missing or data-driven", async () => {
    server.seedSegment({ id: 9, name: 'Bought', type: 'dynamic' });
    const outcomes = await destination.send([
      membership({ customerId: 'ana' }, true, '404'),
      membership({ customerId: 'ana' }, true, '9'),
    ]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 400: segment not found' },
      { kind: 'rejected', reason: 'Customer.io answered 400: segment is data-driven and can not be changed' },
    ]);
  });

  it('never names the people of a refused request', async () => {
    server.faults.next(3, status(400, {}, ['id ana is odd, cy too', 'bo@example.com is unknown']));
    const outcomes = await destination.send([membership({ customerId: 'ana' }), membership({ customerId: 'cy' })]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 400: id [id] is odd, cy too; [email] is unknown' },
      { kind: 'rejected', reason: 'Customer.io answered 400: id ana is odd, [id] too; [email] is unknown' },
    ]);
  });

  it('settles each request by its own answer', async () => {
    server.seedPerson({ id: 'ana' });
    const outcomes = await destination.send([
      membership({ customerId: 'ana' }, true, '404'),
      membership({}),
      membership({ customerId: 'ana' }),
      decision({ customerId: 'ana' }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'rejected', 'accepted', 'accepted']);
  });

  it('sends nothing for no messages', async () => {
    expect(await destination.send([])).toEqual([]);
    expect(server.requests()).toEqual([]);
  });
});

describe('decisions at Customer.io', () => {
  it('are told as one event each, with the time in whole seconds', async () => {
    server.seedPerson({ id: 'ana' });
    expect(await destination.send([decision({ customerId: 'ana' })])).toEqual([ACCEPTED]);
    expect(server.events()).toEqual([
      {
        name: 'turnout_branch_decided',
        id: ULID,
        timestamp: 1_795_514_400,
        data: { branch: 'buyers', as_of: 'now' },
        person: 'ana',
      },
    ]);
  });

  it('are told once, however often they are sent', async () => {
    server.seedPerson({ id: 'ana' });
    await destination.send([decision({ customerId: 'ana' }), decision({ customerId: 'ana' })]);
    await destination.send([decision({ customerId: 'ana' })]);
    expect(server.requests()).toHaveLength(2);
    expect(server.events('turnout_branch_decided')).toHaveLength(1);
  });

  it.each<[string, Addressee, object]>([
    ['the customer id', { customerId: 'ana/1?', cioId: 'a1', email: 'ana@example.com' }, { id: 'ana/1?' }],
    ['the cio_id', { cioId: 'a1', email: 'ana@example.com' }, { cio_id: 'a1' }],
    ['the email', { email: 'ana@example.com' }, { email: 'ana@example.com' }],
    ['a customer id that would read as a cio_id in a path', { customerId: 'cio_9', cioId: 'a1' }, { id: 'cio_9' }],
  ])('name the person by %s', async (_, addressee, identifiers) => {
    expect(await destination.send([decision(addressee)])).toEqual([ACCEPTED]);
    expect(server.requests().map(({ path, body }) => [path, body])).toMatchObject([
      ['/api/v2/batch', { batch: [{ identifiers }] }],
    ]);
  });

  it('are rejected without an identifier', async () => {
    const outcomes = await destination.send([decision({}), decision({ customerId: ' ' })]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'rejected']);
    expect(server.requests()).toEqual([]);
  });

  it('never name the person in the reason of a refusal', async () => {
    server.faults.next(1, status(404, {}, ['a1 (cio_a1) of ana@example.com not found']));
    const outcomes = await destination.send([decision({ cioId: 'a1', email: 'ana@example.com' })]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 404: [id] (cio_[id]) of [email] not found' },
    ]);
  });

  it('go out together, each with its own outcome', async () => {
    const ids = customers(40);
    const messages = ids.map((customerId, index) =>
      decision({ customerId }, `01JDEY3GZ8QW5M2T7V9XK4RB${String(index).padStart(2, '0')}`),
    );
    server.refuse('c17');
    const outcomes = await destination.send(messages);
    expect(server.requests()).toHaveLength(1);
    expect(outcomes.flatMap((one, index) => (one.kind === 'accepted' ? [] : [index]))).toEqual([17]);
    expect(outcomes[17]).toEqual({
      kind: 'rejected',
      reason: 'Customer.io refused it: invalid, identifiers, [id] is refused',
    });
    expect(server.events().map((event) => event.person)).toEqual(ids.filter((id) => id !== 'c17'));
  });
});

describe('when Customer.io has trouble', () => {
  const HANGING_MS = 150;

  it.each<[string, Fault, SendOutcome['kind'], string[]]>([
    ['500', status(500), 'retry', []],
    ['429', status(429), 'retry', []],
    ['408', status(408), 'retry', []],
    ['422', status(422), 'rejected', []],
    ["a proxy's 502 page", html502, 'retry', []],
    ['a connection reset before', resetBefore, 'retry', []],
    ['a connection reset after', resetAfter, 'retry', ['ana']],
    ['an empty body', emptyBody, 'accepted', ['ana']],
    ['a body that is no JSON', garbledBody, 'retry', ['ana']],
    ['silence before', timeoutBeforeApplying, 'retry', []],
    ['silence after', timeoutAfterApplying, 'retry', ['ana']],
  ])('%s applying makes the outcome right, after one request', async (_, fault, kind, members) => {
    server.seedPerson({ id: 'ana' });
    server.faults.next(1, fault);
    const [outcome] = await destinationOf(server, HANGING_MS).send([membership({ customerId: 'ana' })]);
    expect(outcome!.kind).toBe(kind);
    expect(server.requests()).toHaveLength(1);
    expect(server.segmentMembers(SEGMENT)).toEqual(members);
  });

  it('waits for a slow answer that comes in time', async () => {
    server.faults.next(1, slow(30));
    expect(await destination.send([membership({ customerId: 'ana' })])).toEqual([ACCEPTED]);
  });

  it('gives up on an answer that comes too late', async () => {
    server.faults.next(1, slow(60_000));
    const outcomes = await destinationOf(server, HANGING_MS).send([membership({ customerId: 'ana' })]);
    expect(outcomes).toEqual([{ kind: 'retry', reason: 'Customer.io did not answer in time' }]);
  });

  it('keeps the body that it could not read out of the reason', async () => {
    server.faults.next(1, garbledBody);
    const outcomes = await destination.send([membership({ customerId: 'ana' })]);
    expect(outcomes).toEqual([{ kind: 'retry', reason: 'Customer.io answered with something that is no JSON' }]);
  });

  it('passes on how long to wait, in seconds or as a date', async () => {
    server.faults.next(1, status(429, { 'Retry-After': '17' }));
    server.faults.next(
      1,
      status(503, { 'Retry-After': 'Tue, 24 Nov 2026 10:00:20 GMT', Date: 'Tue, 24 Nov 2026 10:00:00 GMT' }),
    );
    const first = await destination.send([membership({ customerId: 'ana' })]);
    const second = await destination.send([membership({ customerId: 'ana' })]);
    expect(first).toMatchObject([{ kind: 'retry', reason: 'Customer.io answered 429', retryAfterMs: 17_000 }]);
    expect(second).toMatchObject([{ kind: 'retry', reason: 'Customer.io answered 503', retryAfterMs: 20_000 }]);
  });

  it('waits with a hint when the credentials are wrong', async () => {
    const stranger = createCustomerioDestination({ siteId: 'other', apiKey: 'k', region: 'us', trackUrl: server.url });
    const [outcome] = await stranger.send([membership({ customerId: 'ana' })]);
    expect(outcome).toEqual({
      kind: 'retry',
      reason:
        'Customer.io answered 401: unauthorized (are the site id, the API key and the region those of the workspace?)',
    });
  });

  it('retries what met nobody listening', async () => {
    const gone = await startCustomerioServer();
    const orphan = destinationOf(gone);
    await gone.stop();
    const outcomes = await orphan.send([membership({ customerId: 'ana' }), decision({ customerId: 'ana' })]);
    const refused = { kind: 'retry', reason: 'the connection failed (ECONNREFUSED)' };
    expect(outcomes).toEqual([refused, refused]);
  });
});

describe('a merged profile', () => {
  it('stays in a segment that its other id leaves, where Customer.io knows both as one person', async () => {
    server.seedPerson({ id: 'eva', email: 'eva@example.com' });
    await destination.send([membership({ email: 'eva@example.com' })]);
    const stays = {
      ...membership({ customerId: 'eva', email: 'eva@example.com' }),
      leaving: [{ email: 'eva@example.com' }],
    };
    expect(await destination.send([stays])).toEqual([ACCEPTED]);
    expect(server.segmentMembers(SEGMENT)).toContain('eva');
    expect(
      server
        .membershipOperations()
        .slice(-2)
        .map((one) => one.operation),
    ).toEqual(['remove', 'add']);
  });
});

describe('the Track API address', () => {
  it.each(['', '/', '/api/v1', '/api/v1/'])('may end in "%s"', async (ending) => {
    const { siteId, apiKey, url } = server;
    const other = createCustomerioDestination({ siteId, apiKey, region: 'eu', trackUrl: url + ending });
    expect(await other.send([membership({ customerId: 'ana' })])).toEqual([ACCEPTED]);
    expect([...server.requestsBySecond(ADD).values()]).toEqual([1]);
  });

  it('is refused at the start when it is none', () => {
    const config = { siteId: 's', apiKey: 'k', region: 'us', trackUrl: 'track' } as const;
    expect(() => createCustomerioDestination(config)).toThrow('Invalid URL');
  });
});
