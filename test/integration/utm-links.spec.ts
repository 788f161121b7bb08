import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const CART = 'https://shop.example.com/cart';
const UTM = { utm_source: 'customerio', utm_medium: 'email' };
/** The beginning of the second quarter. */
const Q2 = Date.UTC(2026, 3, 1);

describe('tracked links under a UTM schema', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    const allowedHosts = ['shop.example.com', 'blog.example.com'];
    await turnout.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts });
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const schema = (sources: string[]) => ({
    hosts: ['shop.example.com'],
    keys: { utm_source: { required: true, allowed: sources }, utm_medium: { required: true, allowed: ['email'] } },
    channels: { email: {} },
  });
  const put = (sources: string[]) => turnout.must('PUT', '/v1/utm/schema', { schema: schema(sources) });
  const problems = async (link: object) => {
    const { body } = await turnout.call('POST', '/v1/links', { cta: 'cart', destination: CART, ...link });
    return ((body['errors'] ?? []) as JsonObject[]).map(({ pointer }) => pointer as string);
  };

  it('are made of any values where there is no schema', async () => {
    expect(await problems({ utm: { utm_source: 'anything' } })).toEqual([]);
  });

  it('are refused with a pointer to each value that is not as declared', async () => {
    await put(['customerio']);
    expect(await problems({ utm: { utm_source: 'Customerio', utm_term: 'x' } })).toEqual([
      '/utm/utm_source',
      '/utm/utm_term',
      '/utm/utm_medium',
    ]);
    expect(await problems({ utm: UTM, channel: 'fax' })).toEqual(['/channel']);
    expect(await problems({ utm: UTM, channel: 'email' })).toEqual([]);
  });

  it('may have values in their destination, and lead where the schema says nothing', async () => {
    await put(['customerio']);
    expect(await problems({ destination: `${CART}?utm_source=customerio`, utm: { utm_medium: 'email' } })).toEqual([]);
    expect(await problems({ destination: `${CART}?utm_source=klaviyo`, utm: { utm_medium: 'email' } })).toEqual([
      '/utm/utm_source',
    ]);
    expect(await problems({ destination: 'https://blog.example.com/cart' })).toEqual([]);
  });

  it('are judged by the schema of the instant at which they are made', async () => {
    await put(['customerio']);
    await put(['cio']);
    for (const [at, expected] of [
      [Q2 - 1, []],
      [Q2, ['/utm/utm_source']],
      [Q2 + 1, ['/utm/utm_source']],
    ] as const) {
      await database.setClock(at);
      expect(await problems({ utm: UTM })).toEqual(expected);
    }
  });

  it('of a template are left as they are with the reason', async () => {
    await put(['customerio']);
    const text = `<a href="${CART}">`;
    expect(await turnout.must('POST', '/v1/links/rewrite', { text })).toMatchObject({
      text,
      withProblems: 1,
      links: [{ problems: [{ pointer: '/utm/utm_source' }, { pointer: '/utm/utm_medium' }] }],
    });
    expect(await turnout.must('POST', '/v1/links/rewrite', { text, utm: UTM })).toMatchObject({ tracked: 1 });
  });
});
