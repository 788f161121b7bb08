import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { inconsistencies, wrongTimers } from '../support/consistency.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const CLICKED: Rule = { performed: 'click', within: '30d' };
const OFTEN: Rule = { performed: 'click', within: '30d', count: { atLeast: 2 } };
const IDLE: Rule = { performed: 'purchase', count: { exactly: 0 } };

describe('two profiles that turn out to be one person', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let rules: Record<string, Rule>;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    for (const id of [7, 8]) customerio.seedSegment({ id, name: `s${id}`, type: 'manual' });
    turnout = await TestTurnout.start(database, customerio);
    rules = {};
    await turnout.must('PUT', '/v1/sources/customerio/history', {
      startsAt: '1970-01-01T00:00:00Z',
      eventNames: ['click', 'purchase', 'identify'],
    });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function put(key: string, rule: Rule, segmentId?: number): Promise<void> {
    const push = segmentId === undefined ? {} : { push: { customerio: { segmentId } } };
    await turnout.must('PUT', `/v1/segments/${key}`, { rule, ...push });
    rules[key] = rule;
  }

  async function settle(ms: number): Promise<void> {
    await database.setClock(T0 + ms);
    await turnout.settle();
    expect(await inconsistencies(database.pool, rules)).toEqual({ unreplayed: 0, wrong: [] });
    expect(await wrongTimers(database.pool, rules)).toEqual([]);
  }

  const profile = (who: string) => turnout.must('GET', `/v1/profiles/${who}`);
  const isoAt = (ms: number) => new Date(T0 + ms).toISOString();

  function log(shown: JsonObject): unknown[][] {
    return (shown.transitions as JsonObject[]).map((one) => [one.profileId, one.segment, one.kind, one.cause, one.at]);
  }

  it('have one history, and the anonymous one leaves its segments while the other enters them', async () => {
    await put('often', OFTEN, 7);
    await put('idle', IDLE);
    await take(turnout, fact('click', T0, 'anonymous_id=n'), fact('click', T0 + 1_000, 'anonymous_id=n'));
    await take(turnout, fact('identify', T0, 'customer_id=1 email=a@x.io', { country: 'DE' }));
    await settle(HOUR);
    const before = await profile('anonymous_id:n');
    const known = await profile('customer_id:1');
    expect(before.profileId).not.toBe(known.profileId);

    await take(turnout, fact('identify', T0 + HOUR, 'customer_id=1 anonymous_id=n', { country: 'AT' }));
    const merged = await profile('anonymous_id:n');
    expect(merged).toMatchObject({
      profileId: before.profileId,
      identifiers: [
        { kind: 'anonymous_id', value: 'n' },
        { kind: 'customer_id', value: '1' },
        { kind: 'email', value: 'a@x.io' },
      ],
      attributes: [{ name: 'country', value: 'AT', history: [{ value: 'DE', since: isoAt(0) }] }],
      merges: [{ profileId: String(known.profileId), mergedInto: String(before.profileId), kind: 'anonymous_id' }],
      memberships: [
        { segment: 'often', isMember: true, leavesAt: isoAt(30 * DAY) },
        { segment: 'idle', isMember: true, leavesAt: null },
      ],
      timeline: { events: [{ name: 'identify' }, { name: 'click' }, {}, {}] },
    });
    expect(await profile('customer_id:1')).toEqual({ ...merged, memberships: expect.anything() as unknown });
    expect(log(merged).filter(([id]) => id === String(known.profileId))).toEqual([
      [String(known.profileId), 'idle', 'entered', 'time', isoAt(0)],
      [String(known.profileId), 'idle', 'exited', 'merge', isoAt(HOUR)],
    ]);
    await settle(3 * HOUR);
  });

  it('are recomputed in the transaction of the merge, before any worker looks', async () => {
    await put('often', OFTEN, 7);
    customerio.seedPerson({ id: '1' });
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await settle(HOUR);
    await turnout.stop();
    turnout = await TestTurnout.start(database, customerio, { TURNOUT_ROLES: 'api' });
    await take(turnout, fact('email_opened', T0, 'customer_id=1 email=a@x.io'));
    const { rows } = await database.pool.query(
      'SELECT profile_id, is_member FROM memberships WHERE is_member ORDER BY profile_id',
    );
    const { profileId } = await profile('customer_id:1');
    expect(rows).toEqual([{ profile_id: String(profileId), is_member: true }]);
    const { rows: owed } = await database.pool.query(
      `SELECT profile_id, payload->>'isMember' AS is_member FROM outbox WHERE due_at IS NOT NULL`,
    );
    expect(owed).toEqual([{ profile_id: String(profileId), is_member: 'true' }]);
  });

  it('count what the losing one did long ago, though the winner was looked at since', async () => {
    await put('often', { ...OFTEN, where: { page: 'a' } });
    const page = { page: 'a' };
    await take(turnout, fact('email_opened', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'anonymous_id=n', page), fact('click', T0 + 1_000, 'anonymous_id=n', page));
    await settle(HOUR);
    await take(turnout, fact('click', T0 + HOUR, 'customer_id=1', { page: 'b' }));
    await settle(2 * HOUR);
    await take(turnout, fact('email_opened', T0 + 2 * HOUR, 'customer_id=1 anonymous_id=n'));
    await settle(3 * HOUR);
    const { merges, memberships } = await profile('customer_id:1');
    expect([merges, memberships]).toMatchObject([[{ kind: 'anonymous_id' }], [{ segment: 'often', isMember: true }]]);
  });

  it('leave the destination with one of them: the losing id is out, the other in', async () => {
    await put('clicked', CLICKED, 7);
    customerio.seedPerson({ id: '1' });
    customerio.seedPerson({ email: 'a@x.io' });
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await settle(HOUR);
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', 'a@x.io']);
    await take(turnout, fact('email_opened', T0, 'customer_id=1 email=a@x.io'));
    await settle(2 * HOUR);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('also where the id by which the older was known to it gives way to a stronger one', async () => {
    await put('clicked', CLICKED, 7);
    customerio.seedPerson({ email: 'a@x.io' });
    customerio.seedPerson({ id: '1' });
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await take(turnout, fact('purchase', T0, 'customer_id=1'));
    await settle(HOUR);
    expect(customerio.segmentMembers(7)).toEqual(['a@x.io']);
    await take(turnout, fact('email_opened', T0, 'customer_id=1 email=a@x.io'));
    await settle(2 * HOUR);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('stay in where the destination knows both ids as one person', async () => {
    await put('clicked', CLICKED, 7);
    await put('idle', IDLE, 8);
    customerio.seedPerson({ id: '1', email: 'a@x.io' });
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await take(turnout, fact('purchase', T0 + 1_000, 'customer_id=1'));
    await settle(HOUR);
    await take(turnout, fact('email_opened', T0, 'customer_id=1 email=a@x.io'));
    await settle(2 * HOUR);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
    expect(customerio.segmentMembers(8)).toEqual([]);
    await settle(31 * DAY);
    expect(customerio.segmentMembers(7)).toEqual([]);
  });

  it('may be shown to be one by a line of an upload', async () => {
    await put('clicked', CLICKED, 7);
    await turnout.must('POST', '/v1/segments/vip/manual', {});
    customerio.seedPerson({ id: '1' });
    customerio.seedPerson({ email: 'a@x.io' });
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await settle(HOUR);
    const upload = await fetch(`${turnout.url}/v1/segments/vip/members?mode=add`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${(turnout as unknown as { key: string }).key}`,
        'content-type': 'application/x-ndjson',
      },
      body: '{"customer_id": "1", "email": "a@x.io"}\n',
    });
    expect(await upload.json()).toMatchObject({ added: 1, removed: 0, unchanged: 0 });
    await settle(2 * HOUR);
    expect((await profile('email:a@x.io')).merges).toHaveLength(1);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('keep their decisions findable, and what is still to be told of them', async () => {
    await put('clicked', CLICKED);
    await turnout.must('PUT', '/v1/journeys/j', {
      branchPoints: { p: { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' } },
    });
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    const body = { identifiers: { email: 'a@x.io' } };
    const { decision_id: id } = await turnout.must('POST', '/v1/journeys/j/branch-points/p/decide', body);
    await take(turnout, fact('email_opened', T0, 'customer_id=1 email=a@x.io'));
    const { profileId } = await profile('email:a@x.io');
    expect((await turnout.must('GET', `/v1/decisions/${id}`)).profileId).toBe(String(profileId));
  });

  it('are merged once, however often the evidence comes', async () => {
    await put('often', OFTEN);
    await take(turnout, fact('click', T0, 'customer_id=1'), fact('click', T0, 'email=a@x.io'));
    for (let times = 0; times < 3; times++) {
      await take(turnout, fact('email_opened', T0 + times, 'customer_id=1 email=a@x.io', {}, 'same'));
      await take(turnout, fact('email_opened', T0 + times, 'customer_id=1 email=a@x.io'));
    }
    await settle(HOUR);
    const shown = await profile('customer_id:1');
    expect(shown.merges).toHaveLength(1);
    expect(log(shown)).toEqual([[String(shown.profileId), 'often', 'entered', 'event', isoAt(0)]]);
  });

  it('take along what waited for an order of either', async () => {
    await put('bought', { performed: 'purchase', within: '30d' });
    await take(turnout, fact('order_cancelled', T0 + 1, 'shopify_order_id=s/1', { order_id: '1' }));
    await take(turnout, fact('purchase', T0, 'email=a@x.io shopify_order_id=s/1', { order_id: '1' }));
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'customer_id=1 email=a@x.io'));
    await settle(HOUR);
    expect((await profile('customer_id:1')).memberships).toMatchObject([{ segment: 'bought', isMember: false }]);
  });

  it('may come together through a third, all in one batch', async () => {
    await put('often', OFTEN, 7);
    const parts = ['customer_id=1', 'email=a@x.io', 'anonymous_id=n', 'phone=+491701234567'];
    for (const who of parts) await take(turnout, fact('click', T0, who));
    await settle(HOUR);
    await take(
      turnout,
      fact('identify', T0, 'anonymous_id=n phone=+491701234567'),
      fact('identify', T0, 'customer_id=1 email=a@x.io'),
      fact('identify', T0, 'email=a@x.io anonymous_id=n'),
    );
    await settle(2 * HOUR);
    const shown = await Promise.all(parts.map((who) => profile(who.replace('=', ':'))));
    expect(new Set(shown.map((one) => one.profileId as unknown)).size).toBe(1);
    expect(shown[0]!.merges).toHaveLength(3);
    expect((shown[0]!.timeline as JsonObject).events).toHaveLength(7);
  });

  describe('that are two after all', () => {
    it('stay apart, and the conflict is shown until an alias settles it', async () => {
      await take(turnout, fact('click', T0, 'customer_id=1 email=home@x.io'));
      await take(turnout, fact('click', T0, 'customer_id=2'));
      for (const ms of [1, 2]) await take(turnout, fact('click', T0 + ms, 'customer_id=2 email=home@x.io'));
      const [one, two] = [await profile('customer_id:1'), await profile('customer_id:2')];
      expect(one.profileId).not.toBe(two.profileId);
      const conflict = {
        profileId: String(two.profileId),
        otherProfileId: String(one.profileId),
        kind: 'email',
        value: 'home@x.io',
        reason: 'contradiction',
        times: 2,
      };
      expect(await turnout.must('GET', '/v1/profiles/conflicts')).toMatchObject({ conflicts: [conflict], next: null });
      for (const shown of [one, two]) expect(shown.conflicts).toMatchObject([conflict]);

      await take(turnout, fact('alias', T0 + 3, 'customer_id=1 customer_id=2'));
      expect((await profile('customer_id:2')).profileId).toBe(one.profileId);
      expect((await turnout.must('GET', '/v1/profiles/conflicts')).conflicts).toEqual([]);
    });

    const judge = (conflict: JsonObject, verdict: string) =>
      turnout.call('POST', '/v1/profiles/conflicts/settle', {
        profileId: conflict.profileId,
        identifier: `${conflict.kind as string}:${conflict.value as string}`,
        verdict,
      });
    const openOnes = async () => (await turnout.must('GET', '/v1/profiles/conflicts')).conflicts as JsonObject[];
    const idOf = async (who: string) => (await profile(who)).profileId;

    async function shareAnAddress(): Promise<JsonObject> {
      await take(turnout, fact('click', T0, 'customer_id=1 email=home@x.io'));
      await take(turnout, fact('click', T0, 'customer_id=2 email=home@x.io'), fact('click', T0, 'customer_id=2'));
      const [conflict] = await openOnes();
      return conflict!;
    }

    it('may be said by hand to be one: they are merged, recomputed, and the conflict is over', async () => {
      await put('often', { performed: 'click', within: '30d', count: { atLeast: 3 } }, 7);
      const conflict = await shareAnAddress();
      const older = await idOf('customer_id:1');
      expect(await judge(conflict, 'same_person')).toMatchObject({
        status: 200,
        body: { profileId: older, merged: [Number(conflict.profileId)] },
      });
      const shown = await profile('customer_id:2');
      expect(shown).toMatchObject({ profileId: older, conflicts: [], merges: [{ kind: 'email' }] });
      expect((shown.timeline as JsonObject).events).toHaveLength(3);
      expect(log(shown)).toEqual([[String(older), 'often', 'entered', 'event', isoAt(0)]]);
      await settle(10);
      expect(customerio.segmentMembers(7)).toEqual(['1']);
      expect(await openOnes()).toEqual([]);
      expect((await judge(conflict, 'same_person')).status).toBe(404);
      const { entries } = await turnout.must('GET', '/v1/audit-log?limit=1');
      expect(entries).toMatchObject([
        {
          action: 'POST /v1/profiles/conflicts/settle',
          detail: { profileId: Number(conflict.profileId), verdict: 'same_person' },
        },
      ]);
    });

    it('may be said by hand to be two: the conflict is closed, and nothing joins them any more, not even an alias', async () => {
      const conflict = await shareAnAddress();
      expect((await judge(conflict, 'different_people')).status).toBe(200);
      expect(await openOnes()).toEqual([]);
      await take(turnout, fact('click', T0 + 2, 'customer_id=2 email=home@x.io'));
      await take(turnout, fact('alias', T0 + 3, 'customer_id=1 customer_id=2'));
      await take(turnout, fact('click', T0 + 4, 'email=home@x.io phone=+4917012345678'));
      await take(turnout, fact('click', T0 + 5, 'customer_id=2 phone=+4917012345678'));
      expect(await idOf('customer_id:2')).toBe(Number(conflict.profileId));
      expect(await idOf('customer_id:1')).toBe(Number(conflict.otherProfileId));
      expect(await openOnes()).toEqual([]);
      const apart = (await turnout.must('GET', '/v1/profiles/conflicts?state=kept_apart')).conflicts as JsonObject[];
      expect(apart).toMatchObject([{ value: 'home@x.io', keptApartAt: expect.any(String) as string }]);
      expect((await judge(apart[0]!, 'same_person')).body.merged).toEqual([Number(conflict.profileId)]);
      expect((await turnout.must('GET', '/v1/profiles/conflicts?state=kept_apart')).conflicts).toEqual([]);
    });

    it('stay two when one of them becomes a third', async () => {
      const conflict = await shareAnAddress();
      await judge(conflict, 'different_people');
      await take(turnout, fact('click', T0, 'phone=+4917012345678'));
      await take(turnout, fact('click', T0, 'customer_id=2 phone=+4917012345678'));
      await take(turnout, fact('alias', T0 + 3, 'customer_id=1 customer_id=2'));
      expect(await idOf('customer_id:2')).not.toBe(await idOf('customer_id:1'));
    });

    it('may have an id of a kind of which they have one already, if somebody says so', async () => {
      await take(turnout, fact('click', T0, 'customer_id=1 cio_id=a'));
      await take(turnout, fact('click', T0, 'customer_id=1 cio_id=b'));
      const [conflict] = await openOnes();
      expect(conflict).toMatchObject({ kind: 'cio_id', value: 'b', otherProfileId: null });
      expect(await judge(conflict!, 'same_person')).toMatchObject({ status: 200, body: { merged: [] } });
      expect(await idOf('cio_id:b')).toBe(await idOf('customer_id:1'));
      expect(await openOnes()).toEqual([]);
    });

    it.each([
      [{ profileId: '999', identifier: 'email:a@x.io', verdict: 'same_person' }, 404],
      [{ profileId: '1', identifier: 'email:a@x.io', verdict: 'perhaps' }, 400],
      [{ profileId: 'x', identifier: 'email:a@x.io', verdict: 'same_person' }, 400],
      [{ profileId: '1', identifier: 'shoe:42', verdict: 'same_person' }, 400],
      [{}, 400],
    ])('are not settled by %j', async (body, status) => {
      expect((await turnout.call('POST', '/v1/profiles/conflicts/settle', body)).status).toBe(status);
    });

    it('are listed page by page, and a wrong cursor is refused', async () => {
      for (const n of [1, 2, 3]) {
        await take(turnout, fact('click', T0, `customer_id=${n} email=home${n}@x.io`));
        await database.setClock(T0 + n);
        await take(turnout, fact('click', T0, `customer_id=9 email=home${n}@x.io`));
      }
      const pages: unknown[] = [];
      for (let after: string | null = ''; after !== null;) {
        const query = after === '' ? '' : `&after=${after}`;
        const page: JsonObject = await turnout.must('GET', `/v1/profiles/conflicts?limit=2${query}`);
        pages.push((page.conflicts as JsonObject[]).map((one) => one.value as unknown));
        after = page.next as string | null;
      }
      expect(pages).toEqual([['home3@x.io', 'home2@x.io'], ['home1@x.io']]);
      const refused = await turnout.call('GET', '/v1/profiles/conflicts?after=x');
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/after' }] } });
    });
  });

  it('show their events page by page, newest first', async () => {
    await take(turnout, ...[1, 2, 3, 4, 5].map((n) => fact('click', T0 + (n > 3 ? 3 : n), 'customer_id=1', { n })));
    const seen: unknown[] = [];
    for (let path: string | undefined = '/v1/profiles/customer_id:1/events?limit=2'; path;) {
      const page: JsonObject = await turnout.must('GET', path);
      seen.push(...(page.events as JsonObject[]).map((one) => one.properties.n as unknown));
      path = page.next ? `/v1/profiles/customer_id:1/events?limit=2&after=${page.next as string}` : undefined;
    }
    expect(seen.slice(3)).toEqual([2, 1]);
    expect(seen.slice(0, 3).sort()).toEqual([3, 4, 5]);
  });
});
