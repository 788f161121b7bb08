import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../src/cli/command.js';
import { runCli } from '../../src/cli/turnout.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';

const DOMAIN = 'go.shop.example.com';
const CART = 'https://shop.example.com/cart';

describe('POST /v1/links/rewrite', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', `/v1/link-domains/${DOMAIN}`, { allowedHosts: ['shop.example.com'] });
    await turnout.must('PUT', '/v1/ctas/cart', {
      kind: 'cart',
      patterns: [{ host: 'shop.example.com', path: '/cart*' }],
    });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const rewrite = (text: string, more: object = {}) => turnout.must('POST', '/v1/links/rewrite', { text, ...more });
  const reasons = ({ links }: JsonObject) =>
    (links as JsonObject[]).map(({ state, reason }) => [state, reason] as unknown[]);

  it('makes one link for Outlook’s button and the ordinary one, which leads where they led, with its UTM values', async () => {
    const text = `<!--[if mso]><v:roundrect href="${CART}?a=1&amp;b=2"><![endif]--><a href="${CART}?a=1&amp;b=2">Cart</a>`;
    const found = await rewrite(text, { utm: { utm_source: 'customerio' }, channel: 'email', template: 'cart-1' });
    expect(found).toMatchObject({ tracked: 2, left: 0, withProblems: 0 });
    const [outlook, ordinary] = found['links'] as JsonObject[];
    expect(outlook!['link']).toEqual(ordinary!['link']);
    const { url, id } = ordinary!['link'] as { url: string; id: string };
    expect(found['text']).toBe(`<!--[if mso]><v:roundrect href="${url}"><![endif]--><a href="${url}">Cart</a>`);
    expect(await visit(turnout.url, url)).toMatchObject({ location: `${CART}?a=1&b=2&utm_source=customerio` });
    expect(await turnout.must('GET', `/v1/links/${id}`)).toMatchObject({
      cta: 'cart',
      channel: 'email',
      template: 'cart-1',
    });
  });

  it('puts short links in where they are wanted, as for text messages', async () => {
    const found = await rewrite(`Your cart: ${CART}`, { format: 'text', channel: 'sms', short: true });
    const [, token] = /^Your cart: https:\/\/go\.shop\.example\.com\/l\/([\w-]{16})$/.exec(found['text'] as string)!;
    const { status, location } = await visit(turnout.url, `https://${DOMAIN}/l/${token}`);
    expect([status, location]).toEqual([302, CART]);
    expect(await rewrite(found['text'] as string, { format: 'text' })).toMatchObject({ tracked: 0, left: 1 });
  });

  it('gives the same links for the same template, and leaves a rewritten one as it is', async () => {
    const text = `<a href="${CART}">1</a><a href="{{ url }}">2</a>`;
    const once = await rewrite(text);
    expect((await rewrite(text))['text']).toBe(once['text']);
    const twice = await rewrite(once['text'] as string);
    expect(twice['text']).toBe(once['text']);
    expect(reasons(twice)).toEqual([
      ['left', 'already-tracked'],
      ['left', 'liquid'],
    ]);
  });

  it('leaves a link that can not be made, says why, and makes the others', async () => {
    const text = `${CART} http://shop.example.com/cart https://evil.example/cart https://shop.example.com/about mailto:a@b.example`;
    const found = await rewrite(text, { format: 'text' });
    expect(found).toMatchObject({ tracked: 1, withProblems: 3 });
    expect((found['text'] as string).split(' ').slice(1)).toEqual(text.split(' ').slice(1));
    const problems = (found['links'] as JsonObject[]).map(({ problems: one }) =>
      (one as JsonObject[]).map(({ pointer }) => pointer as string),
    );
    expect(problems).toEqual([[], ['/destination'], ['/cta'], ['/cta']]);
    expect(await turnout.must('GET', '/v1/links')).toMatchObject({ links: [{ destination: CART }] });
  });

  it('says what is wrong with the request', async () => {
    const refused = await turnout.call('POST', '/v1/links/rewrite', { text: '', domain: 'other.example.com' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/domain' }] } });
    expect(await turnout.call('POST', '/v1/links/rewrite', { format: 'pdf' })).toMatchObject({ status: 400 });
  });

  it('is a command for files, too, which changes nothing of them but the links', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'turnout-rewrite-'));
    try {
      const printed = { out: '', err: '' };
      const run = (...args: string[]) =>
        runCli(['rewrite', ...args], {
          out: (text) => (printed.out += text),
          err: (text) => (printed.err += text),
          env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: turnout.authorization.slice('Bearer '.length) },
          isTerminal: false,
        });
      const [page, sms] = [join(folder, 'mail.html'), join(folder, 'sms.txt')];
      writeFileSync(page, `\ufeff<p>ä\r\n<a href="${CART}">x</a>\r\n`);
      writeFileSync(sms, `Go https://shop.example.com/about`);
      const out = join(folder, 'out');
      const message = ['--message', 'campaign_id=7', '--message', 'action_id=61', '--expires', '2026-12-01'];
      expect(await run(page, '--out', out, '--utm', 'utm_source=customerio', ...message)).toBe(EXIT.done);
      expect(printed.out).toContain('1 tracked, 0 left alone, 0 with problems');
      const written = readFileSync(join(out, 'mail.html'), 'utf8');
      expect(written.replace(/https:\/\/go[^"]*/, CART)).toBe(readFileSync(page, 'utf8'));
      expect(await turnout.must('GET', '/v1/links')).toMatchObject({
        links: [
          {
            ...{ template: 'mail', utm: { utm_source: 'customerio' } },
            ...{ message: { campaign_id: 7, action_id: 61 }, expiresAt: '2026-12-01T00:00:00.000Z' },
          },
        ],
      });
      expect(await run(page, sms, '--out', out, '--json')).toBe(EXIT.failed);
      expect(await run(page)).toBe(EXIT.usage);
      for (const wrong of ['campaign_id', 'campaign_id=x', '=7']) {
        expect(await run(page, '--out', out, '--message', wrong)).toBe(EXIT.usage);
      }
      expect(await run(page, '--out', folder)).toBe(EXIT.usage);
      writeFileSync(page, Buffer.from([0xff, 0xfe]));
      expect(await run(page, '--out', out)).toBe(EXIT.usage);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
