import type { lookup } from 'node:dns';
import { article, leadingHere, LocalShop, page, redirect } from '../../test/support/local-shop.js';
import { OutboundHttp, type OutboundOptions } from '../platform/outbound/outbound-http.js';
import { CHECKER_TOKEN } from './clients.js';
import type { FindingCode } from './finding.js';
import { LinkChecker, type CheckedLink } from './link-checker.js';
import { DEFAULT_SETTINGS, type QaSettings } from './qa-settings.js';

const UTM = 'utm_source=mail&utm_medium=email&utm_campaign=spring%20sale&utm_content=hero';

describe('a look at links', () => {
  let shop: LocalShop;

  beforeAll(async () => {
    shop = await LocalShop.open();
  });

  afterAll(() => shop.close());

  beforeEach(() => shop.asked.splice(0));

  function checker(settings: Partial<QaSettings> = {}, options: OutboundOptions = {}): LinkChecker {
    const http = new OutboundHttp({
      ...{ trustedHosts: shop.trustedHosts, authorities: [shop.authority], resolve: leadingHere },
      ...{ isPlainHttpAllowed: true, ...options },
    });
    const limits = {
      clients: ['desktop', 'ios-mail'],
      ...{ hostGapMs: 0, slowHopMs: 9_000 },
      perHost: 8,
      expectHosts: ['*.shop.example', 'shop.example'],
    };
    return new LinkChecker(http, { ...DEFAULT_SETTINGS, ...limits, ...settings }, () => Date.now());
  }

  const codes = (checked: CheckedLink): FindingCode[] => checked.findings.map((one) => one.code);
  const check = (url: string, settings?: Partial<QaSettings>) => checker(settings).check(url);

  describe('finds nothing wrong with', () => {
    beforeAll(() => {
      shop.on('/products/beans', article('Beans'));
      shop.on('/', article('Welcome'));
      shop.on('/cart', article('Your cart'));
      shop.on('/account/login', page('<title>Log in</title><input type="password">'));
      shop.on(
        '/old',
        redirect(({ search }) => `/products/beans${search}`, 301),
      );
      shop.on(
        'click.mailer.example/c/1',
        redirect(() => shop.url(`/products/beans?${UTM}`)),
      );
      shop.on(
        'links.shop.example/l/abc',
        redirect(() => shop.url(`/?${UTM}`)),
      );
      shop.on('/discount/SPRING', (response, url, request) =>
        redirect(url.searchParams.get('redirect') ?? '/', 302, ['discount_code=SPRING; path=/'])(
          response,
          url,
          request,
        ),
      );
      const tokens = ['Z2NwLWV1cm9wZS13ZXN0NDow1', 'Z2NwLWV1cm9wZS13ZXN0NDow2'];
      for (const token of tokens) shop.on(`/checkouts/cn/${token}`, article('Checkout'));
      shop.on(
        '/cart/123:1',
        redirect(({ search }) => {
          tokens.reverse();
          return `/checkouts/cn/${tokens[0]}${search}`;
        }),
      );
      shop.on('/consent', (response, url, request) => {
        const isBack = request.headers.cookie?.includes('seen=1');
        (isBack ? article('Back again') : redirect(`/consent${url.search}`, 302, ['seen=1; path=/']))(
          response,
          url,
          request,
        );
      });
      shop.on('/script', article('With scripts', '<script>function go(){ window.location.href = "/cart" }</script>'));
      shop.on('/reloading', article('Countdown', '<meta http-equiv="refresh" content="300">'));
      shop.on('/404-guide', article('Our 40 best beans'));
      shop.on('/data', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
      shop.on('/no-content', (response) => response.writeHead(204).end());
      shop.on('/large', page(`<title>Large</title><p>${'x'.repeat(400_000)}</p>`));
    });

    it.each([
      ['a page', `/products/beans?${UTM}#reviews`],
      ['the front page', '/'],
      ['a redirect that passes on the query', `/old?${UTM}`],
      [
        'a discount that leads to a product',
        `/discount/SPRING?redirect=${encodeURIComponent(`/products/beans?${UTM}`)}`,
      ],
      ['a page that asks for a cookie by a redirect to itself', `/consent?${UTM}`],
      ['a page with scripts and something to read', '/script'],
      ['a page that loads itself again', '/reloading'],
      ['a page whose address holds 404', '/404-guide'],
      ['what is no page', '/data'],
      ['an answer without content', '/no-content'],
      ['a page larger than is read', '/large'],
      ['the login itself, where it is linked to', '/account/login'],
      ['a plus for a space', '/old?utm_campaign=spring+sale'],
    ])('%s', async (_what, path) => {
      expect(await check(shop.url(path))).toMatchObject({ isWalked: true, findings: [] });
    });

    it('a link of an email service that leads to the shop', async () => {
      expect(codes(await check(shop.url('/c/1', 'click.mailer.example')))).toEqual([]);
      expect(codes(await check(shop.url('/l/abc', 'links.shop.example')))).toEqual([]);
    });

    it('a cart link that ends at a checkout of its own for each visit', async () => {
      expect(codes(await check(shop.url(`/cart/123:1?${UTM}&discount=SPRING`)))).toEqual([]);
    });

    it('what is not of the web', async () => {
      for (const href of ['mailto:a@example.com', 'tel:+49123', 'sms:1', '#top', 'cid:picture']) {
        expect(await check(href)).toEqual({ isWalked: false, findings: [], walks: [] });
      }
    });
  });

  describe('finds in the address itself', () => {
    it.each<[string, FindingCode]>([
      ['', 'empty-link'],
      ['#', 'empty-link'],
      ['javascript:alert(1)', 'script-link'],
      ['www.shop.example/x', 'no-scheme'],
      ['/products/beans', 'no-scheme'],
      ['//shop.example/x', 'no-scheme'],
      ['https://', 'no-url'],
      ['{{ cart_url }}', 'template-expression'],
      ['https://shop.example/{% if a %}x{% endif %}', 'template-expression'],
    ])('%j: %s', async (href, code) => {
      expect(codes(await check(href))).toEqual([code]);
      expect(shop.asked).toEqual([]);
    });

    it.each<[string, FindingCode]>([
      ['/products/beans?utm_source=a&amp;utm_medium=b', 'double-escaped'],
      ['/products/beans&utm_source=a', 'no-question-mark'],
      ['/products/beans?a=1?utm_source=b', 'second-question-mark'],
      ['/products/beans?x=a b', 'spaces'],
      ['/products/beans?utm_source=a&UTM_Source=b', 'parameter-doubled'],
    ])('%s: %s', async (path, code) => {
      expect(codes(await check(shop.url(path)))).toContain(code);
    });

    it('that it is too long, to the character', async () => {
      const url = shop.url('/products/beans?x=');
      const long = (length: number) => url + 'x'.repeat(length - url.length);
      expect(codes(await check(long(2_048)))).toEqual([]);
      expect(codes(await check(long(2_049)))).toEqual(['url-long']);
    });
  });

  describe('finds a planted fault:', () => {
    beforeAll(() => {
      shop.on('/gone', page('<title>Gone</title>', 410));
      shop.on('/broken', page('<title>Oops</title>', 500));
      shop.on('/lost', redirect('/products/beans'));
      shop.on('/changed', redirect(`/products/beans?${UTM.replace('email', 'Email')}`));
      shop.on(
        '/doubled',
        redirect(({ search }) => `/products/beans${search}&utm_source=shop`),
      );
      shop.on('/loses-one', redirect('/products/beans?utm_source=mail&utm_medium=email&utm_content=hero'));
      shop.on(
        '/downgrade',
        redirect(({ search }) => `http://shop.example:${shop.plainPort}/old${search}`),
      );
      shop.on('/circle', redirect('/circle/2'));
      shop.on('/circle/2', redirect('/circle'));
      shop.on('/itself', redirect('/itself'));
      shop.on(
        '/endless',
        redirect(({ searchParams }) => `/endless?n=${Number(searchParams.get('n')) + 1}`),
      );
      for (let at = 0; at < 6; at++)
        shop.on(
          `/chain/${at}`,
          redirect(({ search }) => `/chain/${at + 1}${search}`),
        );
      shop.on('/chain/6', article('At last'));
      shop.on('/no-location', (response) => response.writeHead(302).end());
      shop.on('/bad-location', redirect('https://:99999/'));
      shop.on('/app', redirect('intent://shop.example/#Intent;scheme=https;end'));
      shop.on(
        '/elsewhere',
        redirect(() => shop.url('/landing', 'click.mailer.example')),
      );
      shop.on('/landing', article('Landing'));
      shop.on('/by-script', page('<title>…</title><script>window.location.replace("/products/beans")</script>'));
      shop.on('/by-script-2', page('<script>location.href = target();</script><noscript>Switch on scripts</noscript>'));
      shop.on('/by-meta', page('<meta http-equiv="Refresh" content="0; url=/products/beans?utm_source=mail">'));
      shop.on('/by-header', page('', 200, { refresh: '1;url=/products/beans' }));
      shop.on('/soft', article('Page not found'));
      shop.on('/weich', article('Diese Seite wurde leider nicht gefunden'));
      shop.on('/products/old', redirect('/'));
      shop.on('/closed', redirect('/password'));
      shop.on('/password', page('<title>Opening soon</title><input type="password">'));
      shop.on('/robots', page('<title>Just a moment...</title>', 503, { 'cf-mitigated': 'challenge' }));
      shop.on('/forbidden', page('<title>No</title>', 403));
      shop.on('/account', page('<title>No</title>', 401));
      shop.on(
        '/discount/GONE',
        redirect(({ searchParams }) => searchParams.get('redirect') ?? '/'),
      );
      shop.on('/discount/STUBBORN', redirect('/', 302, ['discount_code=STUBBORN; path=/']));
      shop.on('/cart/9:1', redirect('/cart'));
      shop.on(
        'click.mailer.example/spy',
        redirect(() => shop.url('/products/beans'), 302, ['uid=1; path=/']),
      );
      shop.on('/breaking', (response) => response.destroy());
    });

    it.each<[string, ...FindingCode[]]>([
      ['/nowhere', 'not-2xx'],
      ['/gone', 'not-2xx'],
      ['/broken', 'not-2xx'],
      [`/lost?utm_source=mail`, 'parameter-lost'],
      ['/lost?discount=SPRING', 'parameter-lost'],
      ['/lost?attributes[source]=mail', 'parameter-lost'],
      [`/changed?${UTM}`, 'parameter-changed'],
      [`/doubled?${UTM}`, 'parameter-doubled'],
      [`/loses-one?${UTM}`, 'parameter-lost'],
      [`/downgrade?${UTM}`, 'https-downgrade'],
      ['/circle', 'loop'],
      ['/itself', 'loop'],
      ['/endless', 'too-many-redirects'],
      [`/chain/0?${UTM}`, 'chain-long'],
      ['/no-location', 'bad-redirect'],
      ['/bad-location', 'bad-redirect'],
      ['/app', 'left-web'],
      ['/elsewhere', 'wrong-host'],
      ['/by-script', 'script-redirect'],
      ['/by-script-2', 'script-redirect'],
      ['/by-meta?utm_source=mail', 'meta-refresh'],
      ['/by-header', 'meta-refresh'],
      ['/soft', 'soft-404'],
      ['/weich', 'soft-404'],
      ['/products/old', 'went-home'],
      ['/closed', 'login-wall'],
      ['/robots', 'robot-wall'],
      ['/forbidden', 'robot-wall'],
      ['/account', 'login-wall'],
      ['/discount/GONE?redirect=%2Fproducts%2Fbeans', 'discount-not-set'],
      ['/discount/STUBBORN?redirect=%2Fproducts%2Fbeans', 'discount-redirect-ignored'],
      ['/discount/SPRING?redirect=%2Fproducts%2Fbeans&discount=OTHER', 'discount-ambiguous', 'parameter-lost'],
      ['/discount/SPRING', 'discount-goes-home'],
      [`/discount/SPRING?redirect=%2Fproducts%2Fbeans&utm_source=mail`, 'parameter-lost'],
      ['/cart/9:1', 'cart-not-filled'],
      ['/breaking', 'no-answer'],
    ])('%s', async (path, ...expected) => {
      const checked = await check(shop.url(path));
      expect(codes(checked).sort()).toEqual([...expected].sort());
      // Both clients met it, and it is told once.
      expect(checked.findings[0]!.clients).toEqual(['desktop', 'ios-mail']);
    });

    it('says by which redirect a parameter is lost', async () => {
      shop.on(
        '/far',
        redirect(({ search }) => `/lost${search}`),
      );
      const { findings } = await check(shop.url('/far?utm_source=mail'));
      expect(findings).toEqual([
        expect.objectContaining({
          code: 'parameter-lost',
          about: 'utm_source',
          where: shop.url('/lost?utm_source=mail'),
        }),
      ]);
    });

    it('cookies that somebody else sets on the way', async () => {
      const { findings, walks } = await check(shop.url('/spy', 'click.mailer.example'));
      expect(findings).toEqual([
        expect.objectContaining({ code: 'third-party-cookies', about: 'click.mailer.example' }),
      ]);
      expect(walks[0]!.hops[0]!.cookies).toEqual(['uid']);
    });

    it('a certificate that has ended, that ends soon, or that is for another name', async () => {
      shop.on('soon.example/', article('Soon'));
      const settings = { expectHosts: [] };
      expect(codes(await check(shop.url('/', 'expired.example'), settings))).toEqual(['tls-invalid']);
      expect(codes(await check(shop.url('/', 'other-name.example'), settings))).toEqual(['tls-invalid']);
      expect(codes(await check(shop.url('/', 'soon.example'), settings))).toEqual(['tls-expiring']);
      expect(codes(await check(shop.url('/', 'soon.example'), { ...settings, certificateDays: 4 }))).toEqual([]);
      const stranger = await checker({}, { authorities: [] }).check(shop.url('/'));
      expect(codes(stranger)).toEqual(['tls-invalid']);
    });

    it('a slow hop, and one that never answers', async () => {
      shop.on('/slow', (response, url, request) => setTimeout(() => article('Slow')(response, url, request), 60));
      shop.on('/hanging', () => undefined);
      expect(codes(await check(shop.url('/slow'), { slowHopMs: 50 }))).toEqual(['slow-hop']);
      expect(codes(await check(shop.url('/hanging'), { hopTimeoutMs: 100 }))).toEqual(['no-answer']);
      shop.on(
        '/dragging',
        redirect(() => '/hanging'),
      );
      expect(codes(await check(shop.url('/dragging'), { walkTimeoutMs: 500, clients: ['desktop'] }))).toEqual([
        'out-of-time',
      ]);
    });

    it('other ends for mobile clients', async () => {
      shop.on('/by-client', (response, url, request) => {
        const isMobile = /Mobile/.test(request.headers['user-agent'] ?? '');
        redirect(isMobile ? shop.url('/products/beans', 'm.shop.example') : '/products/beans')(response, url, request);
      });
      shop.on('/desktop-only', (response, url, request) => {
        const isMobile = /Mobile/.test(request.headers['user-agent'] ?? '');
        (isMobile ? page('<title>No</title>', 404) : article('Fine'))(response, url, request);
      });
      const led = await check(shop.url('/by-client'));
      expect(led.findings).toEqual([expect.objectContaining({ code: 'clients-differ', severity: 'warning' })]);
      const lost = await check(shop.url('/desktop-only'), { clients: DEFAULT_SETTINGS.clients });
      expect(lost.findings.map((one) => [one.code, one.severity])).toEqual([
        ['not-2xx', 'error'],
        ['clients-differ', 'error'],
      ]);
      expect(lost.findings[0]!.clients).toEqual(['ios-mail', 'gmail-app', 'instagram', 'facebook']);
    });

    it('a body without an end: it is read as far as it may, and no longer than it may', async () => {
      shop.on('/flood', (response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        const pour = (): void =>
          void (response.destroyed || (response.write('<p>more</p>'.repeat(2_000)), setImmediate(pour)));
        pour();
      });
      shop.on(
        '/drip',
        (response) => void response.writeHead(200, { 'content-type': 'text/html' }).write('<title>x</title>'),
      );
      shop.on(
        '/endless-redirect',
        (response) => void response.writeHead(302, { location: '/products/beans' }).write('x'),
      );
      expect(codes(await check(shop.url('/flood')))).toEqual([]);
      expect(codes(await check(shop.url('/drip'), { hopTimeoutMs: 1_500 }))).toEqual(['page-unfinished']);
      expect(codes(await check(shop.url('/endless-redirect')))).toEqual([]);
    });
  });

  describe('goes nowhere it must not', () => {
    it.each([
      'https://127.0.0.1/',
      'http://127.0.0.1/',
      'http://169.254.169.254/latest/meta-data/',
      'https://2130706433/',
      'https://0x7f000001/',
      'https://017700000001/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:a9fe:a9fe]/',
      'https://[64:ff9b::7f00:1]/',
      'https://10.0.0.1/',
      'https://name:word@shop.example/',
      'https://inside.example/',
    ])('by a redirect to %s', async (target) => {
      shop.on('/inside', redirect(target));
      const { findings, walks } = await check(shop.url('/inside'));
      expect(findings.map((one) => one.code)).toEqual(['forbidden-address']);
      expect(walks[0]!.hops).toHaveLength(1);
    });

    it('by a redirect to a trusted name at another port, or to the address behind it', async () => {
      for (const target of [
        'https://shop.example/',
        `https://127.0.0.1:${shop.port}/`,
        `http://shop.example:${shop.port}/`,
      ]) {
        shop.on('/inside', redirect(target));
        const { walks } = await check(shop.url('/inside'));
        expect(walks.map((one) => one.end.kind)).not.toContain('answered');
      }
      expect(shop.asked.filter((one) => one.url !== '/inside')).toEqual([]);
    });

    it('by a name that leads elsewhere when it is looked up again', async () => {
      const answers = ['127.0.0.1', '10.0.0.1'];
      const resolve = ((_name: string, _options: unknown, callback: (...found: unknown[]) => void) =>
        callback(null, [{ address: answers.shift() ?? '10.0.0.1', family: 4 }])) as unknown as typeof lookup;
      shop.on('rebind.example/', redirect('/again'));
      const isPublic = (address: string) => address === '127.0.0.1'; // as though the shop were out there
      const one = checker({ clients: ['desktop'], expectHosts: [] }, { resolve, isPublic });
      expect(codes(await one.check(shop.url('/', 'rebind.example')))).toEqual(['forbidden-address']);
      expect(shop.asked.map((request) => request.url)).toEqual(['/']);
    });
  });

  it('shows each client as what it is, and says who is asking', async () => {
    await check(shop.url('/'), { clients: DEFAULT_SETTINGS.clients });
    const agents = shop.asked.map((one) => one.userAgent);
    expect(agents).toHaveLength(5);
    expect(agents.filter((one) => /Mobile/.test(one))).toHaveLength(4);
    expect(agents.every((one) => one.endsWith(CHECKER_TOKEN))).toBe(true);
  });

  it('asks a host no more at once than it may, and leaves off when it is stopped', async () => {
    let [underWay, most] = [0, 0];
    shop.on('/counted', (response, url, request) => {
      most = Math.max(most, ++underWay);
      setImmediate(() => {
        underWay -= 1;
        article('Counted')(response, url, request);
      });
    });
    const links = Array.from({ length: 10 }, (_, at) => ({ url: shop.url(`/counted?n=${at}`) }));
    const done: string[] = [];
    await checker({ perHost: 1, clients: ['desktop'] }).checkAll(links, ({ url }) => void done.push(url));
    expect(done.sort()).toEqual(links.map((one) => one.url).sort());
    expect(most).toBe(1);

    const stop = new AbortController();
    const first: string[] = [];
    const stopping = ({ url }: { url: string }): void => {
      first.push(url);
      stop.abort();
    };
    await checker({ perHost: 1, concurrency: 1, clients: ['desktop'] }).checkAll(links, stopping, stop.signal);
    expect(first).toHaveLength(1);
  });
});
