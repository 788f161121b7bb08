import { status } from '../../../test/support/customerio-server/faults.js';
import {
  ACCEPTED,
  customers,
  decision,
  membership,
  SEGMENT,
  stageCustomerio,
} from '../../../test/support/customerio-stage.js';

const stage = stageCustomerio();

function sentIds(): unknown[] {
  return stage.server
    .requests()
    .map(({ path, body }) => [path.replace('/api/v1/segments/', ''), (body as { ids: unknown }).ids]);
}

describe('memberships at Customer.io', () => {
  it('adds and removes people', async () => {
    for (const id of ['ana', 'bo']) stage.server.seedPerson({ id });
    await stage.destination.send([membership({ customerId: 'ana' }), membership({ customerId: 'bo' })]);
    expect(stage.server.segmentMembers(SEGMENT)).toEqual(['ana', 'bo']);

    expect(await stage.destination.send([membership({ customerId: 'ana' }, false)])).toEqual([ACCEPTED]);
    expect(stage.server.segmentMembers(SEGMENT)).toEqual(['bo']);
  });

  it('puts 2,500 people into 3 requests of at most 1,000', async () => {
    const ids = customers(2_500);
    for (const id of ids) stage.server.seedPerson({ id });
    const outcomes = await stage.destination.send(ids.map((customerId) => membership({ customerId })));
    expect(outcomes).toHaveLength(2_500);
    expect(outcomes.filter((one) => one.kind !== 'accepted')).toEqual([]);
    expect(stage.server.requests()).toHaveLength(3);
    expect(new Set(stage.server.segmentMembers(SEGMENT))).toEqual(new Set(ids));
  });

  it('names each person by customer id, else cio_id, else email, one kind a request', async () => {
    stage.server.seedPerson({ id: 'ana', email: 'ana@example.com', cio_id: 'a1' });
    stage.server.seedPerson({ email: 'bo@example.com', cio_id: 'b1' });
    stage.server.seedPerson({ email: 'cy@example.com', cio_id: 'c1' });
    const outcomes = await stage.destination.send([
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
    expect(stage.server.segmentMembers(SEGMENT).sort()).toEqual(['ana', 'bo@example.com', 'cy@example.com']);
  });

  it('keeps segments and directions apart', async () => {
    stage.server.seedSegment({ id: 8, name: 'Other' });
    stage.server.seedPerson({ id: 'ana' });
    stage.server.seedPerson({ id: 'bo' });
    await stage.destination.send([
      membership({ customerId: 'ana' }, true, '7'),
      membership({ customerId: 'ana' }, false, '8'),
      membership({ customerId: 'bo' }, true, '8'),
    ]);
    expect(stage.server.segmentMembers(7)).toEqual(['ana']);
    expect(stage.server.segmentMembers(8)).toEqual(['bo']);
  });

  it('accepts what Customer.io passes over without a word: people it does not know', async () => {
    expect(await stage.destination.send([membership({ customerId: 'stranger' })])).toEqual([ACCEPTED]);
    expect(stage.server.segmentMembers(SEGMENT)).toEqual([]);
  });

  it('rejects only those without a usable identifier, and sends the others', async () => {
    stage.server.seedPerson({ id: 'ana' });
    const outcomes = await stage.destination.send([
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
    const outcomes = await stage.destination.send([
      membership({ customerId: 'ü'.repeat(75) }),
      membership({ customerId: 'ü'.repeat(76) }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['accepted', 'rejected']);
  });

  it('takes the next identifier where the preferred one is unusable', async () => {
    stage.server.seedPerson({ email: 'ana@example.com' });
    await stage.destination.send([membership({ customerId: 'x'.repeat(151), email: 'ana@example.com' })]);
    expect(stage.server.segmentMembers(SEGMENT)).toEqual(['ana@example.com']);
  });

  it('sends the last of several states of one person, and settles all with it', async () => {
    stage.server.seedPerson({ id: 'ana' });
    const outcomes = await stage.destination.send([
      membership({ customerId: 'ana' }, true),
      membership({ customerId: 'ana' }, false),
      membership({ customerId: 'ana' }, true),
    ]);
    expect(outcomes).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
    expect(stage.server.membershipOperations(SEGMENT, 'ana').map((one) => one.operation)).toEqual(['add']);
  });

  it.each(['', '..', 'cart', '7/8'])('rejects the segment id "%s" without a request', async (id) => {
    const [outcome] = await stage.destination.send([membership({ customerId: 'ana' }, true, id)]);
    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('segment id') as string });
    expect(stage.server.requests()).toEqual([]);
  });

  it("rejects with Customer.io's own words where the segment is missing or data-driven", async () => {
    stage.server.seedSegment({ id: 9, name: 'Bought', type: 'dynamic' });
    const outcomes = await stage.destination.send([
      membership({ customerId: 'ana' }, true, '404'),
      membership({ customerId: 'ana' }, true, '9'),
    ]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 400: segment not found' },
      { kind: 'rejected', reason: 'Customer.io answered 400: segment is data-driven and can not be changed' },
    ]);
  });

  it('never names the people of a refused request', async () => {
    stage.server.faults.next(3, status(400, {}, ['id ana is odd, cy too', 'bo@example.com is unknown']));
    const outcomes = await stage.destination.send([
      membership({ customerId: 'ana' }),
      membership({ customerId: 'cy' }),
    ]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 400: id [id] is odd, cy too; [email] is unknown' },
      { kind: 'rejected', reason: 'Customer.io answered 400: id ana is odd, [id] too; [email] is unknown' },
    ]);
  });

  it('settles each request by its own answer', async () => {
    stage.server.seedPerson({ id: 'ana' });
    const outcomes = await stage.destination.send([
      membership({ customerId: 'ana' }, true, '404'),
      membership({}),
      membership({ customerId: 'ana' }),
      decision({ customerId: 'ana' }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'rejected', 'accepted', 'accepted']);
  });

  it('sends nothing for no messages', async () => {
    expect(await stage.destination.send([])).toEqual([]);
    expect(stage.server.requests()).toEqual([]);
  });
});

describe('a merged profile', () => {
  it('stays in a segment that its other id leaves, where Customer.io knows both as one person', async () => {
    stage.server.seedPerson({ id: 'eva', email: 'eva@example.com' });
    await stage.destination.send([membership({ email: 'eva@example.com' })]);
    const stays = {
      ...membership({ customerId: 'eva', email: 'eva@example.com' }),
      leaving: [{ email: 'eva@example.com' }],
    };
    expect(await stage.destination.send([stays])).toEqual([ACCEPTED]);
    expect(stage.server.segmentMembers(SEGMENT)).toContain('eva');
    expect(
      stage.server
        .membershipOperations()
        .slice(-2)
        .map((one) => one.operation),
    ).toEqual(['remove', 'add']);
  });
});
