import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

describe('the CTA catalogue', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  afterEach(async () => {
    const { ctas } = await turnout.must('GET', '/v1/ctas');
    for (const { key } of ctas as { key: string }[]) await turnout.must('DELETE', `/v1/ctas/${key}`);
  });

  const put = (key: string, ...patterns: JsonObject[]) =>
    turnout.call('PUT', `/v1/ctas/${key}`, { kind: 'cart', patterns });
  const match = (url: string, message?: JsonObject) =>
    turnout.must('POST', '/v1/ctas/match', { url, ...(message && { message }) });

  it('gives back what was declared', async () => {
    const patterns = [
      { host: '*.Example.com', path: '/cart/*', query: { a: '1', b: { startsWith: 'x' }, c: { exists: false } } },
      { tag: 'hero', message: { campaign_id: 7, action_id: '61' }, link_id: 2 },
    ];
    expect(await put('cart', ...patterns)).toMatchObject({
      status: 201,
      body: { key: 'cart', kind: 'cart', patterns },
    });
    expect(await put('cart', ...patterns)).toMatchObject({ status: 200 });
    expect(await turnout.must('GET', '/v1/ctas/cart')).toEqual({ key: 'cart', kind: 'cart', patterns });
  });

  it('says which CTA a link is of, and why', async () => {
    await put('shop', { host: '*.example.com' });
    await put('cart', { host: 'shop.example.com', path: '/cart' }, { path: '/basket' });
    await put('hero', { path: '/cart', query: { utm_content: { startsWith: 'hero_' } } });
    await put('seventh', { message: { campaign_id: 7 }, link_id: 2 });
    const url = 'HTTP://Shop.Example.com:80/cart/?UTM_Content=hero_b&gclid=x&b=1&a=2#top';
    expect(await match(url)).toMatchObject({
      cta: 'hero',
      kind: 'cart',
      normalised: {
        href: 'https://shop.example.com/cart?a=2&b=1&utm_content=hero_b',
        query: { a: '2', b: '1', utm_content: 'hero_b' },
      },
      pattern: { path: '/cart', query: { utm_content: { startsWith: 'hero_' } } },
      specificity: { parameters: 1, prefixCharacters: 5, pathCharacters: 5 },
      runnersUp: [
        { cta: 'cart', pattern: { host: 'shop.example.com', path: '/cart' } },
        { cta: 'shop', pattern: { host: '*.example.com' } },
      ],
    });
    expect(await match(url, { campaign_id: 7, link_id: 2 })).toMatchObject({ cta: 'seventh' });
    expect(await match(url, { campaign_id: '7', link_id: '2', action_id: 5 })).toMatchObject({ cta: 'seventh' });
    expect(await match(url, { campaign_id: 8, link_id: 2 })).toMatchObject({ cta: 'hero' });
    expect(await match('https://example.com/cart')).toMatchObject({ cta: null, runnersUp: [] });
  });

  it('suggests a pattern for a link that is of none', async () => {
    const answer = await match('https://shop.example.com/orders/1234567/again?token=secret&utm_content=again');
    expect(answer).toMatchObject({
      cta: null,
      suggestion: { host: 'shop.example.com', path: '/orders/*/again', query: { utm_content: 'again' } },
    });
    await put('again', answer.suggestion as JsonObject);
    expect(await match('https://shop.example.com/orders/89/again?utm_content=again')).toMatchObject({ cta: 'again' });
    expect(await match('not a link')).toMatchObject({ cta: null, normalised: null });
  });

  it('refuses a pattern that ties with one of another CTA, and changes nothing', async () => {
    await put('a', { path: '/x*' });
    const refused = await put('b', { path: '/y' }, { path: '/*x' });
    expect(refused).toMatchObject({
      status: 409,
      type: expect.stringContaining('application/problem+json'),
      body: {
        errors: [{ pointer: '/patterns/1', detail: expect.stringMatching(/https:\S+\/x\S* .*pattern 0 of CTA "a"/) }],
      },
    });
    expect((await turnout.call('GET', '/v1/ctas/b')).status).toBe(404);
    expect((await put('b', { path: '/y' }, { path: '/*xx' })).status).toBe(201);
    expect((await put('a', { path: '/x*' }, { path: '/*y' })).status).toBe(200);
    // Within a CTA there is nothing to decide.
    expect((await put('c', { tag: 'x' }, { tag: 'x' })).status).toBe(201);
  });

  it('lets one of two that tie in at once', async () => {
    const answers = await Promise.all([put('a', { path: '/x*' }), put('b', { path: '/*x' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it.each<[string, JsonObject, string]>([
    ['asks for nothing', {}, '/patterns/0'],
    ['asks for nothing in particular', { query: {}, message: {} }, '/patterns/0'],
    ['names a link without a message', { path: '/cart', link_id: 1 }, '/patterns/0/link_id'],
    ['names only a link', { link_id: 1 }, '/patterns/0/link_id'],
    ['wants two messages at once', { message: { campaign_id: 1, newsletter_id: 2 } }, '/patterns/0/message'],
    ['has a host that is none', { host: 'https://shop.example' }, '/patterns/0/host'],
    ['has a path without a slash', { path: 'cart' }, '/patterns/0/path'],
    ['has parameters in its path', { path: '/cart?a=1' }, '/patterns/0/path'],
    ['has a path that links never have', { path: '/a/../b' }, '/patterns/0/path'],
    ['has a lonely percent sign', { path: '/a%2' }, '/patterns/0/path'],
    ['asks for a tracking parameter', { query: { GClid: 'x' } }, '/patterns/0/query/GClid'],
    ['asks for one parameter twice', { query: { utm_term: 'x', UTM_Term: 'y' } }, '/patterns/0/query/UTM_Term'],
    ['has a test that is none', { query: { a: 1 } }, '/patterns/0/query/a'],
    ['has two tests in one', { query: { a: { exists: true, startsWith: 'x' } } }, '/patterns/0/query/a'],
    ['has a beginning that is empty', { query: { 'a/b': { startsWith: '' } } }, '/patterns/0/query/a~1b'],
    ['has an id that is none', { message: { campaign_id: 1.5 } }, '/patterns/0/message/campaign_id'],
    ['asks for what is not known', { subject: 'x' }, '/patterns/0/subject'],
  ])('refuses a pattern that %s', async (_, pattern, pointer) => {
    const answer = await put('wrong', pattern);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });
});
