import { normaliseHref } from './normalise-href.js';

/** What is written, and the one spelling of it. */
const SPELLINGS: [what: string, written: string, normalised: string][] = [
  ['the scheme of the web', 'http://shop.example/cart', 'https://shop.example/cart'],
  ['the scheme in capitals', 'HTTPS://shop.example/cart', 'https://shop.example/cart'],
  ['the host in capitals', 'https://Shop.Example/cart', 'https://shop.example/cart'],
  ['the host alone in capitals', 'https://SHOP.EXAMPLE', 'https://shop.example/'],
  ['a host with umlauts', 'https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['a host with a final dot', 'https://shop.example./cart', 'https://shop.example/cart'],
  ['the default port of HTTPS', 'https://shop.example:443/cart', 'https://shop.example/cart'],
  ['the default port of HTTP', 'http://shop.example:80/cart', 'https://shop.example/cart'],
  ['another port stays', 'https://shop.example:8443/cart', 'https://shop.example:8443/cart'],
  ['a name and password', 'https://ada:secret@shop.example/cart', 'https://shop.example/cart'],
  ['no path', 'https://shop.example', 'https://shop.example/'],
  ['a slash at the end', 'https://shop.example/cart/', 'https://shop.example/cart'],
  ['slashes at the end', 'https://shop.example/cart///', 'https://shop.example/cart'],
  ['slashes inside stay', 'https://shop.example/a//b', 'https://shop.example/a//b'],
  ['the case of a path stays', 'https://shop.example/Cart', 'https://shop.example/Cart'],
  ['a dot in a path', 'https://shop.example/./cart', 'https://shop.example/cart'],
  ['two dots in a path', 'https://shop.example/a/../cart', 'https://shop.example/cart'],
  ['encoded dots in a path', 'https://shop.example/a/%2e%2E/cart', 'https://shop.example/cart'],
  ['backslashes', 'https:\\\\shop.example\\cart', 'https://shop.example/cart'],
  ['an encoded letter', 'https://shop.example/%63art', 'https://shop.example/cart'],
  ['an encoded hyphen', 'https://shop.example/a%2Db', 'https://shop.example/a-b'],
  ['an encoded tilde', 'https://shop.example/%7eada', 'https://shop.example/~ada'],
  ['encoding in lower case', 'https://shop.example/caf%c3%a9', 'https://shop.example/caf%C3%A9'],
  ['a letter that is to be encoded', 'https://shop.example/café', 'https://shop.example/caf%C3%A9'],
  ['a space in a path', 'https://shop.example/a b', 'https://shop.example/a%20b'],
  ['an encoded slash stays', 'https://shop.example/a%2fb', 'https://shop.example/a%2Fb'],
  ['a percent sign that encodes nothing', 'https://shop.example/100%', 'https://shop.example/100%'],
  ['braces in a path', 'https://shop.example/{id}', 'https://shop.example/%7Bid%7D'],
  ['a fragment', 'https://shop.example/cart#top', 'https://shop.example/cart'],
  ['a fragment after parameters', 'https://shop.example/cart?a=1#top', 'https://shop.example/cart?a=1'],
  ['an empty query', 'https://shop.example/cart?', 'https://shop.example/cart'],
  ['empty parameters', 'https://shop.example/cart?&&a=1&', 'https://shop.example/cart?a=1'],
  ['a parameter without a value', 'https://shop.example/cart?a', 'https://shop.example/cart?a='],
  ['the order of parameters', 'https://shop.example/?b=2&a=1', 'https://shop.example/?a=1&b=2'],
  ['a parameter that stands twice', 'https://shop.example/?a=1&a=2', 'https://shop.example/?a=1'],
  ['a space as a plus', 'https://shop.example/?a=x+y', 'https://shop.example/?a=x+y'],
  ['a space encoded', 'https://shop.example/?a=x%20y', 'https://shop.example/?a=x+y'],
  ['an encoded value', 'https://shop.example/?a=%63art', 'https://shop.example/?a=cart'],
  ['the encoding of a value in lower case', 'https://shop.example/?a=%c3%a9', 'https://shop.example/?a=%C3%A9'],
  ['an encoded name', 'https://shop.example/?%61=1', 'https://shop.example/?a=1'],
  ['the case of a name stays', 'https://shop.example/?Variant=1', 'https://shop.example/?Variant=1'],
  ['the case of a value stays', 'https://shop.example/?utm_content=Hero', 'https://shop.example/?utm_content=Hero'],
  ['UTM_Source', 'https://shop.example/?UTM_Source=Mail', 'https://shop.example/?utm_source=Mail'],
  ['Utm_Content', 'https://shop.example/?Utm_Content=hero', 'https://shop.example/?utm_content=hero'],
  ['utm-campaign', 'https://shop.example/?utm-campaign=x', 'https://shop.example/?utm_campaign=x'],
  ['an ampersand escaped for HTML', 'https://shop.example/?a=1&amp;utm_term=x', 'https://shop.example/?a=1&utm_term=x'],
  [
    'of two spellings of a UTM the first',
    'https://shop.example/?UTM_TERM=x&utm_term=y',
    'https://shop.example/?utm_term=x',
  ],
  ['utm_source_platform', 'https://shop.example/?UTM_SOURCE_PLATFORM=x', 'https://shop.example/?utm_source_platform=x'],
  ['gclid', 'https://shop.example/cart?gclid=x', 'https://shop.example/cart'],
  ['GCLID in capitals', 'https://shop.example/cart?GCLID=x', 'https://shop.example/cart'],
  ['fbclid among others', 'https://shop.example/cart?a=1&fbclid=x&b=2', 'https://shop.example/cart?a=1&b=2'],
  ['msclkid', 'https://shop.example/cart?msclkid=x', 'https://shop.example/cart'],
  ['gbraid and wbraid', 'https://shop.example/cart?gbraid=x&wbraid=y', 'https://shop.example/cart'],
  ['parameters of analytics', 'https://shop.example/cart?_ga=1&_gl=2', 'https://shop.example/cart'],
  [
    'parameters of other mail services',
    'https://shop.example/cart?mc_eid=x&_hsenc=y&mkt_tok=z',
    'https://shop.example/cart',
  ],
  ['Klaviyo and Branch', 'https://shop.example/cart?_kx=1&_branch_match_id=2', 'https://shop.example/cart'],
  [
    'the discount link of a shop',
    'https://shop.example/discount/SAVE10?redirect=/cart',
    'https://shop.example/discount/SAVE10?redirect=%2Fcart',
  ],
  ['white space around', '  https://shop.example/cart\n', 'https://shop.example/cart'],
  ['a tab within', 'https://shop.example/ca\trt', 'https://shop.example/cart'],
  ['no scheme', 'shop.example/cart?b=2&a=1', 'https://shop.example/cart?a=1&b=2'],
  ['no scheme, and a port', 'shop.example:8080/cart', 'https://shop.example:8080/cart'],
  ['an app', 'ciosas://product/2', 'ciosas://product/2'],
  ['an app, in capitals', 'CioSAS://Product/2', 'ciosas://product/2'],
  ['an app with parameters', 'shop://cart/?b=2&gclid=x&a=1', 'shop://cart/?a=1&b=2'],
  ['an app without a path', 'shop://cart', 'shop://cart/'],
  ['an app without a host', 'shop:cart', 'shop:cart'],
  ['a telephone number', 'tel:+491701234567', 'tel:+491701234567'],
  ['an address of the protocol version 6', 'http://[::1]:3000/cart', 'https://[::1]:3000/cart'],
];

describe('links are compared in one spelling', () => {
  it.each(SPELLINGS)('%s: %s', (_, written, normalised) => {
    expect(normaliseHref(written)?.href).toBe(normalised);
  });

  it.each(SPELLINGS)('which is its own: %s (%s)', (_, written) => {
    const once = normaliseHref(written)!;
    const twice = normaliseHref(once.href)!;
    expect([twice.href, twice.host, twice.path, [...twice.query]]).toEqual([
      once.href,
      once.host,
      once.path,
      [...once.query],
    ]);
  });

  it.each(['', ' ', 'cart', '/cart?a=1', 'https://', 'http://%zz/', 'https://a b/', '//shop.example/cart', '#'])(
    'and %j is none',
    (written) => expect(normaliseHref(written)).toBeUndefined(),
  );

  it('and however often it is asked, the answer is the same', () => {
    const written = 'https://bücher.example/a';
    let refused = 0;
    for (let round = 0; round < 20_000; round++) if (!normaliseHref(written)) refused++;
    expect(refused).toBe(0);
  });

  it('and never reads a text as a link of another scheme than it has', () => {
    expect(normaliseHref('mailto:ada@example.com')).toMatchObject({ host: '', path: 'ada@example.com' });
    expect(normaliseHref('javascript:alert(1)')).toMatchObject({ host: '' });
  });
});
