import { status } from '../../../test/support/customerio-server/faults.js';
import {
  ACCEPTED,
  customers,
  decision,
  destinationOf,
  stageCustomerio,
  ULID,
} from '../../../test/support/customerio-stage.js';
import type { Addressee } from '../destination.js';

const stage = stageCustomerio();

describe('decisions at Customer.io', () => {
  it('are told as one event each, with the time in whole seconds', async () => {
    stage.server.seedPerson({ id: 'ana' });
    expect(await stage.destination.send([decision({ customerId: 'ana' })])).toEqual([ACCEPTED]);
    expect(stage.server.events()).toEqual([
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
    stage.server.seedPerson({ id: 'ana' });
    await stage.destination.send([decision({ customerId: 'ana' }), decision({ customerId: 'ana' })]);
    await stage.destination.send([decision({ customerId: 'ana' })]);
    expect(stage.server.requests()).toHaveLength(2);
    expect(stage.server.events('turnout_branch_decided')).toHaveLength(1);
  });

  it.each<[string, Addressee, object]>([
    ['the customer id', { customerId: 'ana/1?', cioId: 'a1', email: 'ana@example.com' }, { id: 'ana/1?' }],
    ['the cio_id', { cioId: 'a1', email: 'ana@example.com' }, { cio_id: 'a1' }],
    ['the email', { email: 'ana@example.com' }, { email: 'ana@example.com' }],
    ['a customer id that would read as a cio_id in a path', { customerId: 'cio_9', cioId: 'a1' }, { id: 'cio_9' }],
  ])('name the person by %s', async (_, addressee, identifiers) => {
    expect(await stage.destination.send([decision(addressee)])).toEqual([ACCEPTED]);
    expect(stage.server.requests().map(({ path, body }) => [path, body])).toMatchObject([
      ['/api/v2/batch', { batch: [{ identifiers }] }],
    ]);
  });

  it('as attributes have names that Customer.io takes, each its own, however long the keys are', async () => {
    stage.server.seedPerson({ id: 'ana' });
    const [journey, point] = ['j'.repeat(100), 'p'.repeat(99)];
    const asAttributes = destinationOf(stage.server, { decisionsAs: 'attribute' });
    const told = ['a', 'b', 'a'].map((end) => ({
      ...decision({ customerId: 'ana' }),
      data: { journey, branch_point: `${point}${end}`, branch: end },
    }));
    for (const one of told) expect(await asAttributes.send([one])).toEqual([ACCEPTED]);
    const { attributes } = stage.server.people()[0]!;
    expect(Object.values(attributes).sort()).toEqual(['a', 'b']);
    for (const name of Object.keys(attributes)) expect(name).toMatch(/^turnout_j{100}_p+_[0-9a-f]{10}$/);
  });

  it('are rejected without an identifier', async () => {
    const outcomes = await stage.destination.send([decision({}), decision({ customerId: ' ' })]);
    expect(outcomes.map((one) => one.kind)).toEqual(['rejected', 'rejected']);
    expect(stage.server.requests()).toEqual([]);
  });

  it('never name the person in the reason of a refusal', async () => {
    stage.server.faults.next(1, status(404, {}, ['a1 (cio_a1) of ana@example.com not found']));
    const outcomes = await stage.destination.send([decision({ cioId: 'a1', email: 'ana@example.com' })]);
    expect(outcomes).toEqual([
      { kind: 'rejected', reason: 'Customer.io answered 404: [id] (cio_[id]) of [email] not found' },
    ]);
  });

  it('go out together, each with its own outcome', async () => {
    const ids = customers(40);
    const messages = ids.map((customerId, index) =>
      decision({ customerId }, `01JDEY3GZ8QW5M2T7V9XK4RB${String(index).padStart(2, '0')}`),
    );
    stage.server.refuse('c17');
    const outcomes = await stage.destination.send(messages);
    expect(stage.server.requests()).toHaveLength(1);
    expect(outcomes.flatMap((one, index) => (one.kind === 'accepted' ? [] : [index]))).toEqual([17]);
    expect(outcomes[17]).toEqual({
      kind: 'rejected',
      reason: 'Customer.io refused it: invalid, identifiers, [id] is refused',
    });
    expect(stage.server.events().map((event) => event.person)).toEqual(ids.filter((id) => id !== 'c17'));
  });
});
