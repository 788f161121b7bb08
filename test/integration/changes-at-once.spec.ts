import { randomBytes } from 'node:crypto';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { SettingsStore } from '../../src/destinations/settings/settings-store.js';
import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const WIDE = { performed: 'click', within: '30d' };
const NARROW = { performed: 'click', within: '2d' };
const HREF = 'https://shop.example.com/cart';
const DECLARED = `hashtextextended('what is declared', 0)`;

/** What two people change at the same moment, each having seen what was there before. */
describe('changes at once', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let holder: PoolClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio, {
      SECRETS_KEYS: randomBytes(32).toString('base64'),
      OUTBOUND_TRUSTED_HOSTS: 'crm.example.com',
    });
    holder = await database.pool.connect();
  });

  afterEach(async () => {
    holder.release(true);
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const begin = (...statements: string[]) => holder.query(['BEGIN', ...statements].join('; '));

  it('leave an edit that comes while the one before it is being published', async () => {
    const draft = (rule: object) => turnout.must('PUT', '/v1/segments/clicked/draft', { rule });
    await draft(NARROW);
    await turnout.must('POST', '/v1/segments/clicked/shadow');
    await turnout.settle();
    await begin('LOCK TABLE segment_shadows IN ACCESS EXCLUSIVE MODE');
    const publishing = turnout.call('POST', '/v1/segments/clicked/publish', {});
    await database.untilWaiting(1);
    await draft(WIDE);
    await holder.query('COMMIT');
    expect((await publishing).status).toBe(200);
    expect((await turnout.must('GET', '/v1/segments/clicked')).rule).toEqual(NARROW);
    expect((await turnout.must('GET', '/v1/segments/clicked/draft')).rule).toEqual(WIDE);
  });

  it('make one segment of a recipe under one key', async () => {
    const { recipes } = await turnout.must('GET', '/v1/recipes');
    const path = `/v1/recipes/${(recipes as JsonObject[])[0]!.key as string}/segments`;
    await begin(`SELECT pg_advisory_xact_lock(${DECLARED})`);
    const both = [1, 2].map(() => turnout.call('POST', path, { key: 'mine' }));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect((await Promise.all(both)).map((one) => one.status).sort()).toEqual([201, 409]);
  });

  it('make no list of people in the place of a rule that comes just before', async () => {
    await begin(`SELECT pg_advisory_xact_lock(${DECLARED})`);
    const rule = turnout.call('PUT', '/v1/segments/mine', { rule: WIDE });
    await database.untilWaiting(1);
    const list = turnout.call('POST', '/v1/segments/mine/manual', {});
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect((await Promise.all([rule, list])).map((one) => one.status)).toEqual([201, 409]);
  });

  it('keep every signing secret that somebody was shown, as long as one is rotated at a time', async () => {
    const settings = { url: 'https://crm.example.com/in' };
    await turnout.must('POST', '/v1/destinations', { key: 'crm', kind: 'webhook', settings });
    await begin('LOCK TABLE destinations IN SHARE MODE');
    const both = [1, 2].map(() => turnout.must('POST', '/v1/destinations/crm/rotate'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    const shown = (await Promise.all(both)).map((one) => one.secret as string).sort();
    const store = turnout.app.get(SettingsStore);
    const kept = store.valuesOf((await store.find(turnout.app.get(DataSource).manager, 'crm'))!);
    expect([kept.secret, kept.previousSecret].sort()).toEqual(shown);
  });

  describe('around a link that is being made', () => {
    beforeEach(async () => {
      for (const host of ['go.example.com', 'other.example.com'])
        await turnout.must('PUT', `/v1/link-domains/${host}`, { allowedHosts: ['shop.example.com'] });
      await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ host: 'shop.example.com' }] });
    });

    const declare = (more: object = {}) =>
      turnout.call('POST', '/v1/links', { domain: 'go.example.com', cta: 'cart', destination: HREF, ...more });

    /** What comes of a link, and of what is done when all that it rests on was looked at. */
    async function beside(other: () => Promise<{ status: number }>, more: object = {}): Promise<number[]> {
      await begin('LOCK TABLE tracked_links IN SHARE MODE');
      const declaring = declare(more);
      await database.untilWaiting(1);
      const changing = other();
      await Promise.race([changing, database.untilWaiting(2)]);
      await holder.query('COMMIT');
      return (await Promise.all([declaring, changing])).map((one) => one.status);
    }

    it('refuse what would take its domain or its call to action from it', async () => {
      expect(await beside(() => turnout.call('DELETE', '/v1/link-domains/go.example.com'))).toEqual([200, 409]);
      const another = { destination: `${HREF}?a=1` };
      expect(await beside(() => turnout.call('DELETE', '/v1/ctas/cart'), another)).toEqual([200, 409]);
    });

    it('refuse that links be served where it leads', async () => {
      const serve = () => turnout.call('PUT', '/v1/link-domains/shop.example.com', { allowedHosts: ['a.example.com'] });
      expect(await beside(serve)).toEqual([200, 409]);
    });

    const bindings = async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM link_bindings binding JOIN profiles p ON (p.lane, p.id) = (binding.lane, profile_id) WHERE ended_at IS NULL`,
      );
      const { rows: all } = await database.pool.query('SELECT FROM link_bindings');
      return [rows.length, all.length];
    };

    it('leave nothing of whom it was given to once they are erased', async () => {
      await take(turnout, fact('click', T0, 'customer_id=ada-one'));
      const erase = () => turnout.call('DELETE', '/v1/profiles/customer_id:ada-one');
      expect(await beside(erase, { profile: { customer_id: 'ada-one' } })).toEqual([200, 200]);
      expect(await bindings()).toEqual([0, 0]);
    });

    it('have it lead on from whom the person it was given to has become', async () => {
      await take(turnout, fact('click', T0, 'email=ada@example.com'), fact('click', T0, 'customer_id=ada-one'));
      const merge = async () => {
        await take(turnout, fact('identify', T0, 'customer_id=ada-one email=ada@example.com'));
        return { status: 200 };
      };
      expect(await beside(merge, { profile: { customer_id: 'ada-one' } })).toEqual([200, 200]);
      expect(await bindings()).toEqual([1, 1]);
    });
  });

  describe('of what clicks are, while people are joined', () => {
    beforeEach(async () => {
      await turnout.must('PUT', '/v1/segments/cart', { rule: { performed: 'click', where: { cta: 'cart' } } });
      await turnout.must('PUT', '/v1/journeys/j', {
        branchPoints: { p: { branches: [{ key: 'yes', segment: 'cart' }], default: 'no' } },
      });
    });

    const click = (who: string, href: string) => take(turnout, fact('click', T0, who, { href }));

    /** Whether somebody is a member in the end, where the click that makes them one is moved while the catalogue changes. */
    async function areMembersAfter(join: () => Promise<unknown>): Promise<number> {
      await turnout.must('POST', '/v1/journeys/j/branch-points/p/decide', { identifiers: { customer_id: '1' } });
      await turnout.settle();
      await begin('SELECT FROM decisions FOR UPDATE'); // the last that a join looks at
      const joining = join();
      await database.untilWaiting(1);
      const changing = turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
      await database.untilWaiting(2); // the change itself, or who looks for whom it touches
      await holder.query('COMMIT');
      await Promise.all([joining, changing]);
      await turnout.settle();
      return ((await turnout.must('GET', '/v1/segments/cart/members')).members as unknown[]).length;
    }

    it('find those who are joined by hand', async () => {
      await click('customer_id=1 email=a@x.io', 'https://shop.example.com/about');
      await click('customer_id=2 email=a@x.io', HREF);
      const { conflicts } = await turnout.must('GET', '/v1/profiles/conflicts');
      const [{ profileId }] = conflicts as [JsonObject];
      const verdict = { profileId, identifier: 'email:a@x.io', verdict: 'same_person' };
      expect(await areMembersAfter(() => turnout.must('POST', '/v1/profiles/conflicts/settle', verdict))).toBe(1);
    });

    it('find those whom a list of people shows to be one', async () => {
      await turnout.must('POST', '/v1/segments/vip/manual', {});
      await click('customer_id=1', 'https://shop.example.com/about');
      await click('email=a@x.io', HREF);
      const list = JSON.stringify({ customer_id: '1', email: 'a@x.io' });
      const upload = () =>
        fetch(`${turnout.url}/v1/segments/vip/members?mode=add`, {
          method: 'PUT',
          headers: { authorization: turnout.authorization, 'content-type': 'application/x-ndjson' },
          body: list,
        });
      expect(await areMembersAfter(upload)).toBe(1);
    });
  });
});
