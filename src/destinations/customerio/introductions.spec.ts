import { status } from '../../../test/support/customerio-server/faults.js';
import { ACCEPTED, destinationOf, stageCustomerio } from '../../../test/support/customerio-stage.js';
import type { Addressee, DecisionMessage, MembershipMessage } from '../destination.js';

const stage = stageCustomerio();

function membership(addressee: Addressee, more: Partial<MembershipMessage> = {}): MembershipMessage {
  return { kind: 'membership', id: 'msg_1', version: 1, addressee, externalSegmentId: '7', isMember: true, ...more };
}

const paths = () => stage.server.requests().map(({ path }) => path.replace(/\?.*/, ''));
const BATCH = '/api/v2/batch';
const ADD = '/api/v1/segments/7/add_customers';

describe('somebody who is not known at Customer.io', () => {
  it('is introduced before being added', async () => {
    expect(
      await stage.destination.send([membership({ customerId: 'new' }), membership({ email: 'e@example.com' })]),
    ).toEqual([ACCEPTED, ACCEPTED]);
    expect(stage.server.segmentMembers(7)).toEqual(['new', 'e@example.com']);
    expect(paths()).toEqual([BATCH, ADD, ADD]);
  });

  it('is found by the email where that is all that Customer.io knows', async () => {
    stage.server.seedPerson({ email: 'ada@example.com', cio_id: 'c1' });
    await stage.destination.send([membership({ customerId: 'ada', email: 'ada@example.com' })]);
    expect(stage.server.people()).toMatchObject([{ cio_id: 'c1', id: 'ada', email: 'ada@example.com' }]);
    expect(stage.server.segmentMembers(7)).toEqual(['ada']);
  });

  it('is not added before having been introduced', async () => {
    stage.server.faults.next(1, status(503));
    stage.server.seedPerson({ id: 'ada' });
    const outcomes = await stage.destination.send([
      membership({ customerId: 'new' }),
      membership({ customerId: 'ada' }, { isKnown: true }),
    ]);
    expect(outcomes.map((one) => one.kind)).toEqual(['retry', 'accepted']);
    expect(stage.server.segmentMembers(7)).toEqual(['ada']);
  });

  it('is not made known by leaving, nor once known, nor with an id of Customer.io’s own', async () => {
    await stage.destination.send([
      membership({ customerId: 'gone' }, { isMember: false }),
      membership({ customerId: 'held' }, { isKnown: true }),
      membership({ customerId: 'met', cioId: 'c9' }),
    ]);
    expect(stage.server.people()).toEqual([]);
    expect(paths()).not.toContain(BATCH);
  });
});

describe('a segment as an attribute', () => {
  const vip = { externalSegmentId: 'attribute:vip' };

  it('is true for members and false for those who left', async () => {
    stage.server.seedPerson({ id: 'ada' });
    await stage.destination.send([membership({ customerId: 'ada' }, vip), membership({ customerId: 'new' }, vip)]);
    expect(stage.server.people().map(({ id, attributes }) => [id, attributes.vip])).toEqual([
      ['ada', true],
      ['new', true],
    ]);
    await stage.destination.send([membership({ customerId: 'ada' }, { ...vip, isMember: false })]);
    expect(stage.server.people()[0]!.attributes.vip).toBe(false);
    expect(new Set(paths())).toEqual(new Set([BATCH]));
  });

  it('creates nobody who left', async () => {
    await stage.destination.send([membership({ customerId: 'gone' }, { ...vip, isMember: false })]);
    expect(stage.server.people()).toEqual([]);
  });

  it('is false for whoever was merged into somebody else', async () => {
    stage.server.seedPerson({ id: 'old' });
    await stage.destination.send([membership({ customerId: 'ada' }, { ...vip, leaving: [{ customerId: 'old' }] })]);
    expect(stage.server.people().map(({ id, attributes }) => [id, attributes.vip])).toEqual([
      ['old', false],
      ['ada', true],
    ]);
  });
});

describe('a segment as events', () => {
  const vip = { externalSegmentId: 'event:vip' };

  it('tells of each coming and going once, however often it is sent', async () => {
    stage.server.seedPerson({ id: 'ada' });
    const came = membership({ customerId: 'ada' }, { ...vip, id: 'msg_1' });
    const left = { ...came, isMember: false, id: 'msg_2' };
    for (const message of [came, came, left, left]) expect(await stage.destination.send([message])).toEqual([ACCEPTED]);
    expect(stage.server.events().map(({ name, data, person }) => [name, data, person])).toEqual([
      ['turnout_segment_entered', { segment: 'vip', is_member: true }, 'ada'],
      ['turnout_segment_left', { segment: 'vip', is_member: false }, 'ada'],
    ]);
  });
});

describe('names of segments', () => {
  it('are numbers, what one is made for, attributes or events', () => {
    for (const name of ['7', 'attribute:vip', 'event:a b'])
      expect(stage.destination.segmentProblem(name)).toBeUndefined();
    for (const name of ['', '0', 'a vip', 'attribute:', 'other:vip', `event:${'x'.repeat(151)}`]) {
      expect(stage.destination.segmentProblem(name)).toMatch(/number/);
    }
  });
});

describe('batches', () => {
  const decision = (customerId: string, index: number, text = ''): DecisionMessage => ({
    kind: 'decision',
    addressee: { customerId },
    id: `01JDEY3GZ8QW5M2T7V9XK4R${String(index).padStart(3, '0')}`,
    occurredAt: 1_795_514_400_999,
    data: { journey: 'winback', branch_point: 'after-cart', branch: 'buyers', text },
  });

  it('stay below 500 KB together', async () => {
    const messages = Array.from({ length: 50 }, (_, index) => decision(`c${index}`, index, 'ü'.repeat(10_000)));
    expect((await stage.destination.send(messages)).filter((one) => one.kind === 'accepted')).toHaveLength(50);
    expect(stage.server.requests()).toHaveLength(3);
    expect(stage.server.events()).toHaveLength(50);
  });

  it('hold at most 1,000 items', async () => {
    const strangers = Array.from({ length: 1_000 }, (_, n) => membership({ customerId: `c${n}` }));
    const others = [membership({ email: 'one@example.com' })];
    await stage.destination.send([...strangers, ...others]);
    expect(paths().filter((path) => path === BATCH)).toHaveLength(2);
    expect(stage.server.segmentMembers(7)).toHaveLength(1_001);
  });

  it('leave out an item of more than 32 KB', async () => {
    const outcomes = await stage.destination.send([decision('big', 0, 'x'.repeat(32_000)), decision('ada', 1)]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'accepted']);
  });

  it('tell decisions as attributes where that is wanted, and an older one changes nothing', async () => {
    const both = destinationOf(stage.server, { decisionsAs: 'both' });
    stage.server.seedPerson({ id: 'ada' });
    await both.send([decision('ada', 1)]);
    const older = decision('ada', 2);
    await both.send([{ ...older, occurredAt: older.occurredAt - 5_000, data: { ...older.data, branch: 'others' } }]);
    expect(stage.server.people()[0]!.attributes).toEqual({ 'turnout_winback_after-cart': 'buyers' });
    expect(stage.server.events()).toHaveLength(2);
    await destinationOf(stage.server, { decisionsAs: 'attribute' }).send([decision('ada', 3)]);
    expect(stage.server.events()).toHaveLength(2);
  });
});

describe('what Customer.io refuses', () => {
  it('stands alone in the end, however many went together, and the others are taken', async () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    for (const id of ids) stage.server.seedPerson({ id });
    for (const id of ['c0', 'c1', 'c500', 'c999']) stage.server.refuse(id);
    const outcomes = await stage.destination.send(
      ids.map((customerId) => membership({ customerId }, { isKnown: true })),
    );
    const refused = ids.filter((_, index) => outcomes[index]!.kind === 'rejected');
    expect(refused).toEqual(['c0', 'c1', 'c500', 'c999']);
    expect(outcomes[500]).toEqual({ kind: 'rejected', reason: 'Customer.io answered 400: [id] is refused' });
    expect(stage.server.segmentMembers(7)).toHaveLength(996);
    expect(stage.server.requests().length).toBeLessThan(80);
  });

  it('is not divided to the end when it is not about single people', async () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => `c${n}`);
    const lost = { isKnown: true, externalSegmentId: '404' };
    const outcomes = await stage.destination.send(ids.map((customerId) => membership({ customerId }, lost)));
    expect(outcomes.filter((one) => one.kind === 'rejected')).toHaveLength(1_000);
    expect(stage.server.requests().length).toBeLessThan(30);
  });

  it.each([
    'id',
    'email',
    'Email',
    'phone',
    'cio_id',
    'created_at',
    'unsubscribed',
    'cio_subscription_preferences',
    '_update',
  ])('are not the attribute %s, which means something to Customer.io', async (name) => {
    const segment = `attribute:${name}`;
    expect(stage.destination.segmentProblem(segment)).toMatch(/means something to Customer.io/);
    expect(stage.destination.segmentProblem(`event:${name}`)).toBeUndefined();
    const [outcome] = await stage.destination.send([membership({ customerId: 'ada' }, { externalSegmentId: segment })]);
    expect([outcome!.kind, stage.server.requests()]).toEqual(['rejected', []]);
  });
});
