import { existsSync } from 'node:fs';
import { article, leadingHere, LocalShop, page } from '../../../test/support/local-shop.js';
import { OutboundHttp } from '../../platform/outbound/outbound-http.js';
import { LinkChecker } from '../link-checker.js';
import { DEFAULT_SETTINGS } from '../qa-settings.js';
import { ScriptRunner } from './script-runner.js';

/** Where a Chromium is on this machine, if there is one: what the others see of it by a stand-in is seen here of itself. */
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

const UTM = 'utm_source=mail&utm_campaign=spring';

(CHROMIUM === undefined ? describe.skip : describe)('pages that redirect by script, in a browser', () => {
  let shop: LocalShop;
  let scripts: ScriptRunner;

  beforeAll(async () => {
    shop = await LocalShop.open();
    scripts = new ScriptRunner(CHROMIUM!);
    shop.on('/cart', article('Your cart'));
    const script = (text: string) => page(`<title>…</title><script>${text}</script>`);
    shop.on('/plain', script('location.replace("/cart" + location.search)'));
    shop.on(
      '/built',
      script('const to = ["/ca", "rt"].join(""); setTimeout(() => { location.href = to + location.search; }, 300)'),
    );
    shop.on('/loses', script('location.assign("/cart")'));
    shop.on('/outside', page('<title>…</title><script src="/go.js"></script>'));
    shop.on('/go.js', (response) => {
      response
        .writeHead(200, { 'content-type': 'text/javascript' })
        .end('window.top.location = "/cart" + location.search');
    });
    shop.on('/asks', script('fetch("/where").then((a) => a.json()).then(({ to }) => { location.href = to; })'));
    shop.on('/where', (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"to":"/cart?${UTM}"}`),
    );
    shop.on('/cookie', script('document.cookie = "seen=1; path=/"; location.replace("/second" + location.search)'));
    shop.on('/second', (response, url, request) =>
      (request.headers.cookie?.includes('seen=1') ? script(`location.replace("/cart${url.search}")`) : page('no', 404))(
        response,
        url,
        request,
      ),
    );
    shop.on('/stays', script('document.title = "Here"; window.location.href;'));
    shop.on('/app', script('location.href = "myshop://cart"'));
    shop.on(
      '/inside',
      script('fetch("http://127.0.0.1:1/").catch(() => 0); location.replace("http://169.254.169.254/latest")'),
    );
    shop.on('/dialog', script('alert("!"); location.replace("/cart" + location.search)'));
    shop.on('/loop-a', script('location.replace("/loop-b")'));
    shop.on('/loop-b', script('location.replace("/loop-a")'));
    shop.on('/endless', script('for (;;) {}'));
  });

  afterAll(async () => {
    await scripts.close();
    await shop.close();
  });

  const check = (path: string, browser: ScriptRunner | null = scripts) => {
    const http = new OutboundHttp({
      trustedHosts: shop.trustedHosts,
      authorities: [shop.authority],
      resolve: leadingHere,
    });
    const settings = { ...DEFAULT_SETTINGS, clients: ['desktop'], hostGapMs: 0 };
    return new LinkChecker(http, settings, () => Date.now(), browser ?? undefined).check(shop.url(`${path}?${UTM}`));
  };
  const ends = async (path: string) => {
    const { walks, findings } = await check(path);
    const { hops, end } = walks[0]!;
    const at = new URL(hops.at(-1)!.url);
    return { at: at.pathname + at.search, end: end.kind, codes: findings.map(({ code }) => code) };
  };

  it.each(['/plain', '/built', '/outside', '/asks', '/dialog'])('are followed to their end: %s', async (path) => {
    expect(await ends(path)).toEqual({ at: `/cart?${UTM}`, end: 'answered', codes: ['script-redirect'] });
  });

  it('are followed as each program, and without the browser only told of', async () => {
    shop.asked.splice(0);
    await check('/plain');
    expect(shop.asked.map(({ url }) => url)).toEqual([`/plain?${UTM}`, `/cart?${UTM}`]);
    expect(new Set(shop.asked.map(({ userAgent }) => userAgent)).size).toBe(1);
    const { walks } = await check('/plain', null);
    expect(walks[0]!.hops).toHaveLength(1);
  });

  it('may lead to pages that do so, too, with the cookies that they set', async () => {
    const { at, codes } = await ends('/cookie');
    expect([at, codes]).toEqual([`/cart?${UTM}`, ['script-redirect', 'script-redirect']]);
  });

  it('lose what the script loses', async () => {
    expect((await ends('/loses')).codes).toEqual(expect.arrayContaining(['parameter-lost', 'script-redirect']));
  });

  it('that stay are no redirects', async () => {
    expect(await ends('/stays')).toMatchObject({ end: 'answered', codes: [] });
  });

  it('may lead into an app, in circles, or nowhere', async () => {
    expect(await ends('/app')).toMatchObject({ end: 'left the web' });
    expect(await ends('/loop-a')).toMatchObject({ end: 'loop' });
    expect(await ends('/endless')).toMatchObject({ end: 'answered' });
  });

  it('lead nobody into the network', async () => {
    expect(await ends('/inside')).toMatchObject({
      end: 'refused',
      codes: expect.arrayContaining(['forbidden-address']),
    });
  });
});
