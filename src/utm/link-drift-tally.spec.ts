import { firstVisit, type Afterwards } from './first-visit.js';
import { LinkDriftTally, utmValuesIn, type Comparison } from './link-drift-tally.js';

const T0 = Date.UTC(2026, 2, 1);
const LINK = {
  ...{ id: 'lRt2Rr1cUaU', cta: 'cart', template: 'winback-2', channel: 'email', message: 'campaign_id:7' },
  landingUrl: 'https://shop.example/cart?id=9&utm_source=cio&utm_campaign=spring#top',
};

function tallied(...comparisons: (Partial<Omit<Comparison, 'came'>> & { came: Record<string, string> })[]) {
  const tally = new LinkDriftTally();
  for (const { came, ...one } of comparisons) {
    const common = { link: LINK, seenIn: 'visit', at: T0, appended: new Set<string>() } as const;
    tally.add({ ...common, ...one, came: new Map(Object.entries(came)) });
  }
  return tally;
}
const told = (tally: LinkDriftTally) => tally.findings().map(({ kind, key, sent, came }) => [kind, key, sent, came]);

describe('what a link was sent with, and what it came with', () => {
  it.each<[string, Record<string, string>, unknown[]]>([
    ['the same', { utm_source: 'cio', utm_campaign: 'spring' }, []],
    ['other letters', { utm_source: 'CIO', utm_campaign: 'spring' }, [['case', 'utm_source', 'cio', 'CIO']]],
    [
      'another value',
      { utm_source: 'klaviyo', utm_campaign: 'spring' },
      [['overwritten', 'utm_source', 'cio', 'klaviyo']],
    ],
    ['an empty value', { utm_source: '', utm_campaign: 'spring' }, [['overwritten', 'utm_source', 'cio', '']]],
    ['none', { utm_source: 'cio' }, [['lost', 'utm_campaign', 'spring', null]]],
    ['one more', { utm_source: 'cio', utm_campaign: 'spring', utm_id: '4' }, [['appended', 'utm_id', null, '4']]],
  ])('%s', (_what, came, expected) => {
    const tally = tallied({ came });
    expect(told(tally)).toEqual(expected);
    expect([tally.compared, tally.differing]).toEqual([1, expected.length === 0 ? 0 : 1]);
  });

  it('leaves out what the sending tool appends on purpose, and nothing else', () => {
    const appended = new Set(['utm_id', 'utm_source']);
    const came = { utm_source: 'other', utm_campaign: 'spring', utm_id: '4' };
    expect(told(tallied({ came, appended }))).toEqual([['overwritten', 'utm_source', 'cio', 'other']]);
  });

  it('asks of an address that was clicked only what stands in it: the redirector adds the rest', () => {
    expect(told(tallied({ seenIn: 'click', came: {} }))).toEqual([]);
    expect(told(tallied({ seenIn: 'click', came: { utm_source: 'cio' } }))).toEqual([]);
    const [found] = tallied({ seenIn: 'click', came: { utm_source: 'customer.io' } }).findings();
    expect(found).toMatchObject({ kind: 'overwritten', seenIn: 'click', sent: 'cio', came: 'customer.io' });
    expect(found!.suggestion).toContain('untracked');
  });

  it('is counted by link, key and value, the most frequent first, and tells of links nothing but their page', () => {
    const lost = { came: { utm_source: 'cio' } };
    const other = { ...LINK, id: 'other' };
    const findings = tallied(
      { came: { utm_source: 'x', utm_campaign: 'spring' }, at: T0 + 5 },
      { ...lost, at: T0 + 3 },
      { ...lost, at: T0 + 1 },
      { ...lost, at: T0 + 2 },
      { ...lost, link: other },
      { ...lost, seenIn: 'click' },
    ).findings();
    expect(findings.map(({ kind, link, clicks }) => [kind, link, clicks])).toEqual([
      ['lost', LINK.id, 3],
      ['lost', 'other', 1],
      ['overwritten', LINK.id, 1],
    ]);
    expect(findings[0]).toEqual({
      ...{ kind: 'lost', seenIn: 'visit', link: LINK.id, cta: 'cart', template: 'winback-2', channel: 'email' },
      ...{
        message: 'campaign_id:7',
        page: 'https://shop.example/cart',
        key: 'utm_campaign',
        sent: 'spring',
        came: null,
      },
      ...{ clicks: 3, firstAt: new Date(T0 + 1).toISOString(), lastAt: new Date(T0 + 3).toISOString() },
      detail: 'visits came without utm_campaign; the link was made with "spring"',
      suggestion: expect.stringContaining('npx turnout qa'),
    });
  });

  it('tells no more different findings than anybody reads, and says so', () => {
    const many = Array.from({ length: 5_002 }, (_, n) => ({ came: { utm_source: `x${n}`, utm_campaign: 'spring' } }));
    const tally = tallied(...many);
    expect([tally.findings().length, tally.untold, tally.differing]).toEqual([5_000, 2, 5_002]);
  });

  it('reads UTM values in any spelling of their keys, the first of each', () => {
    const url = 'https://a.example/?UTM_Source=a&utm-medium=b&amp;utm_term=c&utm_source=d&x=utm_id#utm_id=1';
    expect([...utmValuesIn(url)]).toEqual([
      ['utm_source', 'a'],
      ['utm_medium', 'b'],
      ['utm_term', 'c'],
    ]);
  });
});

describe('the visit that a click began', () => {
  const seen = (path: string | null, more: Partial<Afterwards> = {}): Afterwards => ({
    ...{ at: T0 + 1_000, isClick: false, path, utm: { utm_source: 'cio' } },
    ...more,
  });
  const visit = (landing: string, ...afterwards: Afterwards[]) => firstVisit(landing, T0, afterwards);
  const CART = 'https://shop.example/cart?utm_source=cio';

  it.each([
    ['/cart', true],
    ['/cart/', true],
    ['/%63art', true],
    ['/carts', false],
    ['/', false],
    [null, false],
  ])('on the page %s: %s', (path, isOne) => {
    expect(visit(CART, seen(path)) !== undefined).toBe(isOne);
  });

  it('is the first one on the page, whatever came before elsewhere', () => {
    const first = seen('/cart', { utm: { UTM_Source: 'a' } });
    const values = visit(CART, seen('/'), first, seen('/cart', { utm: { utm_source: 'b' } }));
    expect([...values!]).toEqual([['utm_source', 'a']]);
    expect([...visit(CART, seen('/cart', { utm: null }))!]).toEqual([]);
  });

  it('is that of another click on a link of ours, if there was one before it', () => {
    const click = seen(null, { isClick: true });
    expect(visit(CART, click, seen('/cart'))).toBeUndefined();
    expect(visit(CART, seen('/cart'), click)).toBeDefined();
    // At the same instant: written down together.
    expect(visit(CART, { ...click, at: T0 }, seen('/cart'))).toBeDefined();
  });

  it.each([
    ['/discount/SPRING?redirect=/products/a', '/products/a', true],
    ['/discount/SPRING?redirect=%2Fproducts%2Fa%3Fb', '/products/a', true],
    ['/discount/SPRING?redirect=/products/a', '/discount/SPRING', true],
    ['/discount/SPRING', '/', true],
    ['/discount/SPRING?redirect=/products/a', '/', false],
    ['/cart?redirect=/products/a', '/products/a', false],
  ])('of %s on %s: %s', (landing, path, isOne) => {
    expect(visit(`https://shop.example${landing}`, seen(path)) !== undefined).toBe(isOne);
  });
});
