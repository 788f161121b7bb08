import { DataSource } from 'typeorm';
import { createDataSource } from '../../src/data-source.js';
import { membershipMessage, type OutboxMessage } from '../../src/outbox/outbox-message.js';
import type { ClaimedMessage, Settlement } from '../../src/outbox/claimed-message.js';
import { OutboxStore } from '../../src/outbox/outbox-store.js';
import { settleInPlace } from '../../src/outbox/settle-in-place.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const PUSH = { destination: 'customerio', segmentId: '7' };

describe('what a destination is owed', () => {
  const outbox = new OutboxStore();
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    source = await createDataSource(database.url, 2).initialize();
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const state = (profileId: number, isMember: boolean, when: Partial<OutboxMessage> = {}): OutboxMessage =>
    membershipMessage({ lane: profileId % 64, profileId }, PUSH, isMember, when);
  const append = (...messages: OutboxMessage[]) => source.transaction((tx) => outbox.append(tx, messages));
  const due = () => outbox.dueLanes(source.manager, 'customerio');
  const claim = (lane: number, priority = 0): Promise<ClaimedMessage[]> =>
    source.transaction((tx) =>
      outbox.claim(tx, { lanes: [lane], priority, destination: 'customerio', most: 10, leaseMs: 45_000 }),
    );
  const settle = (message: ClaimedMessage, outcome: Settlement) =>
    source.transaction((tx) => outbox.settle(tx, [{ message, outcome }]));
  /** Brings the destination to hold the profile as a member. */
  async function hold(profileId: number): Promise<void> {
    await append(state(profileId, true));
    await settle((await claim(profileId))[0]!, { kind: 'accepted' });
  }

  it('is nothing for somebody who left and came back before anything was sent', async () => {
    await hold(1);
    await append(state(1, false));
    expect(await due()).toEqual([{ lane: 1, priority: 0 }]);
    await append(state(1, true));
    expect(await due()).toEqual([]);
  });

  it('is nothing for somebody who came and left before anything was sent', async () => {
    await append(state(1, true));
    await append(state(1, false));
    expect(await due()).toEqual([]);
  });

  it('is the latest state once it is unknown what became of a send', async () => {
    await append(state(1, true));
    const [message] = await claim(1);
    await append(state(1, false));
    await settle(message!, { kind: 'retry', reason: 'no answer', afterMs: 1_000 });
    expect((await claim(1)).map((one) => one.payload)).toMatchObject([{ isMember: false }]);
  });

  it('is the latest state when a send of an older one was accepted meanwhile', async () => {
    await append(state(1, true));
    const [message] = await claim(1);
    await append(state(1, false));
    await settle(message!, { kind: 'accepted' });
    expect((await claim(1)).map((one) => one.payload)).toMatchObject([{ isMember: false }]);
  });

  it('is nothing when the state returned to what was accepted meanwhile', async () => {
    await append(state(1, true));
    const [message] = await claim(1);
    await append(state(1, false));
    await append(state(1, true));
    await settle(message!, { kind: 'accepted' });
    expect(await due()).toEqual([]);
  });

  it('is due no earlier than it says, to the millisecond', async () => {
    await append(state(1, true, { notBefore: T0 + 1_000 }));
    await database.setClock(T0 + 999);
    expect(await due()).toEqual([]);
    await database.setClock(T0 + 1_000);
    expect(await due()).toEqual([{ lane: 1, priority: 0 }]);
  });

  it('puts what somebody did before what comes of looking at everybody again', async () => {
    await append(state(1, true, { isBackfill: true }), state(65, true), state(2, true, { isBackfill: true }));
    expect(await due()).toEqual([
      { lane: 1, priority: 0 },
      { lane: 1, priority: 1 },
      { lane: 2, priority: 1 },
    ]);
    expect((await claim(1)).map((one) => one.profileId)).toEqual([65]);
    expect((await claim(1, 1)).map((one) => one.profileId)).toEqual([1]);
  });

  it('is the last of two states that come at once', async () => {
    await append(state(1, false), state(1, true));
    expect((await claim(1)).map((one) => one.payload)).toMatchObject([{ isMember: true }]);
  });

  it('is taken by one sender at a time, until its lease ends', async () => {
    await append(state(1, true));
    expect(await claim(1)).toHaveLength(1);
    await database.setClock(T0 + 44_999);
    expect(await claim(1)).toEqual([]);
    await database.setClock(T0 + 45_000);
    expect(await claim(1)).toHaveLength(1);
  });

  it('is taken from several lanes in the order given, and together no more than asked for', async () => {
    await append(state(1, true), state(65, true), state(2, true), state(3, true));
    const what = { priority: 0, destination: 'customerio', most: 3, leaseMs: 45_000 };
    const taken = await outbox.claim(source.manager, { ...what, lanes: [3, 4, 1, 2] });
    expect(taken.map((one) => [one.lane, one.profileId])).toEqual([
      [1, 1],
      [3, 3],
      [1, 65],
    ]);
    await source.transaction((tx) =>
      outbox.settle(
        tx,
        taken.map((message) => ({ message, outcome: { kind: 'accepted' } })),
      ),
    );
    expect(await due()).toEqual([{ lane: 2, priority: 0 }]);
  });

  it('is shared by two who take at once, without waiting for each other', async () => {
    await append(state(1, true), state(65, true));
    const what = { lanes: [1], priority: 0, destination: 'customerio', leaseMs: 45_000 };
    await source.transaction(async (one) => {
      const first = await outbox.claim(one, { ...what, most: 1 });
      const second = await source.transaction(async (other) => {
        await other.query("SET LOCAL lock_timeout = '2s'");
        return outbox.claim(other, { ...what, most: 2 });
      });
      expect([...first, ...second].map((message) => message.profileId).sort()).toEqual([1, 65]);
    });
  });

  it('is not settled by who has lost it to another', async () => {
    await append(state(1, true));
    const [lost] = await claim(1);
    await database.setClock(T0 + 45_000);
    const [held] = await claim(1);
    await settle(lost!, { kind: 'retry', reason: 'no answer', afterMs: 0 });
    expect(await claim(1)).toEqual([]);
    await settle(held!, { kind: 'retry', reason: 'no answer', afterMs: 0 });
    expect(await claim(1)).toHaveLength(1);
  });

  it('is stated anew when nobody knows what became of a send, though the state is that of before', async () => {
    await hold(1);
    await append(state(1, false));
    await claim(1); // by who then dies; the destination may hold either
    await append(state(1, true));
    await database.setClock(T0 + 45_000);
    const again = await claim(1);
    await source.transaction((tx) => outbox.release(tx, again));
    await append(state(1, true));
    expect((await claim(1)).map((one) => one.payload)).toMatchObject([{ isMember: true }]);
  });

  it('becomes urgent when somebody does something that was only looked at again before', async () => {
    await hold(1);
    await append(state(1, false, { isBackfill: true }));
    await append(state(1, false));
    expect(await due()).toEqual([{ lane: 1, priority: 0 }]);
  });

  describe('where it lies', () => {
    const accept = (...messages: ClaimedMessage[]) =>
      settleInPlace(
        source.manager,
        messages.map((message) => ({ message, outcome: { kind: 'accepted' } })),
      );
    const row = async (profileId: number) =>
      (
        await source.query<Record<string, unknown>[]>(
          `SELECT ctid::text AS place, version, accepted_version, holds, claim, claimed_until, due_at, attempts, settled_at
             FROM outbox WHERE profile_id = $1`,
          [profileId],
        )
      )[0]!;

    it('is settled as by its key', async () => {
      await append(state(1, true), state(65, true));
      const [one, other] = await claim(1);
      expect(await accept(one!)).toEqual([]);
      await settle(other!, { kind: 'accepted' });
      const { place, ...settled } = await row(1);
      const { place: otherPlace, ...settledByKey } = await row(65);
      expect(place).not.toBe(otherPlace);
      expect(settled).toEqual(settledByKey);
      expect(settled).toMatchObject({ accepted_version: 1, holds: true, claim: null, due_at: null });
    });

    it('leaves what was not accepted, and what is no membership', async () => {
      await append(state(1, true), state(65, true));
      const [one, other] = await claim(1);
      const refused = { message: one!, outcome: { kind: 'failed', reason: 'no' } } as const;
      expect(await settleInPlace(source.manager, [refused])).toEqual([refused]);
      const accepted = { message: other!, outcome: { kind: 'accepted' } } as const;
      expect(await settleInPlace(source.manager, [refused, accepted])).toEqual([refused]);
      expect(await row(1)).toMatchObject({ holds: false, claim: one!.claim });
    });

    it('is left when it was replaced meanwhile', async () => {
      await append(state(1, true));
      const [message] = await claim(1);
      await append(state(1, false));
      expect(await accept(message!)).toMatchObject([{ message: { profileId: 1 } }]);
      const { place } = await row(1);
      expect(await accept({ ...message!, place: place as string })).toHaveLength(1); // as where its old place was free
      expect(await row(1)).toMatchObject({ version: 2, claim: message!.claim });
    });

    it('is left when the claim was lost', async () => {
      await append(state(1, true));
      const [lost] = await claim(1);
      await database.setClock(T0 + 45_000);
      const [held] = await claim(1);
      expect(await accept({ ...lost!, place: held!.place })).toHaveLength(1);
      expect(await row(1)).toMatchObject({ claim: held!.claim });
    });

    it('is left when another lies at its place', async () => {
      await append(state(1, true), state(65, true));
      const [one, other] = await claim(1);
      expect(await accept({ ...one!, place: other!.place })).toHaveLength(1);
      expect(await row(65)).toMatchObject({ claim: other!.claim });
      expect(await accept({ ...one!, place: '(4000,1)' })).toHaveLength(1);
    });

    it('is left without waiting when somebody is at it', async () => {
      await append(state(1, true));
      const [message] = await claim(1);
      await source.transaction(async (tx) => {
        await tx.query('SELECT FROM outbox FOR UPDATE');
        expect(await accept(message!)).toHaveLength(1);
      });
    });
  });
});
