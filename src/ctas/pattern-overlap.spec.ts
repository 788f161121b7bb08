import fc from 'fast-check';
import { tieProblems } from './check-patterns.js';
import { compilePattern, patternMatches, type CompiledPattern } from './compiled-pattern.js';
import { CtaCatalogue } from './cta-catalogue.js';
import type { CtaDefinition, CtaPattern, ParameterTest } from './cta-pattern.js';
import { globMatches, textOfBoth } from './glob.js';
import type { MessageContext } from './message-context.js';
import { normaliseHref } from './normalise-href.js';
import { sharedClick, tieOf } from './pattern-overlap.js';
import { bySpecificity } from './specificity.js';

const aGlob = fc.array(fc.constantFrom('a', 'b', '/', '*'), { maxLength: 7 }).map((pieces) => pieces.join(''));
const aText = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 9 }).map((pieces) => pieces.join(''));

const aHost = fc.constantFrom('x.example', 'a.x.example', 'b.a.x.example', 'y.example');
const aHostPattern = fc.oneof(aHost, fc.constantFrom('*.x.example', '*.a.x.example', '*.example'));
const aValue = fc.constantFrom('c', 'ca', 'cart', 'call', 'b');
const aTest: fc.Arbitrary<ParameterTest> = fc.oneof(
  aValue,
  aValue.map((startsWith) => ({ startsWith })),
  fc.boolean().map((exists) => ({ exists })),
);

const aPart: fc.Arbitrary<CtaPattern> = fc.oneof(
  aHostPattern.map((host) => ({ host })),
  fc.tuple(fc.constantFrom('/', '*', '/*'), aGlob).map(([begin, rest]) => ({ path: begin + rest })),
  fc.dictionary(fc.constantFrom('p', 'utm_content'), aTest, { minKeys: 1, maxKeys: 2 }).map((query) => ({ query })),
  aTest.map((test) => ({ query: { UTM_Content: test } })),
  fc.constantFrom('hero', 'foot').map((tag) => ({ tag })),
  fc.constantFrom<CtaPattern>(
    { message: { campaign_id: 1 } },
    { message: { newsletter_id: 1, action_id: 1 } },
    { message: { action_id: 1 } },
  ),
);
const aPattern = fc
  .array(aPart, { minLength: 1, maxLength: 2 })
  .map((parts): CtaPattern => Object.assign({}, ...parts) as CtaPattern);

const aContext: fc.Arbitrary<MessageContext> = fc.record({
  message: fc.constantFrom(undefined, 'campaign_id:1', 'newsletter_id:1'),
  action: fc.constantFrom(undefined, '1'),
  link: fc.constantFrom(undefined, '1'),
  tag: fc.constantFrom(undefined, 'hero', 'foot'),
});

const aHref = fc
  .tuple(aHost, aText, fc.dictionary(fc.constantFrom('p', 'utm_content'), aValue, { maxKeys: 2 }))
  .map(([host, path, query]) => `https://${host}/${path}?${new URLSearchParams(query).toString()}`);

/** Whether there is such a click, and both patterns match it. */
function bothMatch(a: CompiledPattern, b: CompiledPattern, click: ReturnType<typeof sharedClick>): boolean {
  if (!click) return false;
  const { message, action_id: action, link_id: link, link_tag: tag } = click;
  const context = { message, action, link, tag };
  const found = normaliseHref(click.url)!;
  return patternMatches(a, found, context) && patternMatches(b, found, context);
}

describe('a text that two globs match', () => {
  it('matches both where there is one', () => {
    fc.assert(
      fc.property(aGlob, aGlob, (a, b) => {
        const text = textOfBoth(a, b);
        if (text !== undefined) expect([globMatches(a, text), globMatches(b, text)]).toEqual([true, true]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is found wherever there is one', () => {
    fc.assert(
      fc.property(aGlob, aGlob, aText, (a, b, text) => {
        fc.pre(globMatches(a, text) && globMatches(b, text));
        const found = textOfBoth(a, b)!;
        expect([globMatches(a, found), globMatches(b, found)]).toEqual([true, true]);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['/a/*', '/b/*', undefined],
    ['/a*', '*b', '/ab'],
    ['/a', '/a', '/a'],
    ['/a', '/*', '/a'],
    ['*a*', '*b*', 'ab'],
    ['/a*c', '/ab*', '/abc'],
    ['', '*', ''],
  ])('%s and %s: %s', (a, b, expected) => {
    const text = textOfBoth(a, b);
    if (expected === undefined) expect(text).toBeUndefined();
    else expect(text).toHaveLength(expected.length);
  });

  it('is looked for in a time that grows with both lengths alone', () => {
    const long = '*a'.repeat(250);
    const before = performance.now();
    expect(textOfBoth(`${long}b`, `${long}c`)).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('two patterns', () => {
  it('that share a click both match it', () => {
    let shared = 0;
    fc.assert(
      fc.property(aPattern, aPattern, (left, right) => {
        const [a, b] = [compilePattern(left), compilePattern(right)];
        const click = sharedClick(a, b);
        if (!click) return;
        shared++;
        expect([click, bothMatch(a, b, click)]).toEqual([click, true]);
      }),
      { numRuns: 5_000 },
    );
    expect(shared).toBeGreaterThan(300);
  });

  it('that match one click share one', () => {
    let met = 0;
    fc.assert(
      fc.property(aPattern, aPattern, aHref, aContext, (left, right, href, context) => {
        const [a, b] = [compilePattern(left), compilePattern(right)];
        const link = normaliseHref(href)!;
        if (!patternMatches(a, link, context) || !patternMatches(b, link, context)) return;
        met++;
        expect(bothMatch(a, b, sharedClick(a, b))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(met).toBeGreaterThan(30);
  });

  it('of different CTAs that were both saved never match a click alike', () => {
    let refused = 0;
    let decided = 0;
    const aCatalogue = fc.array(fc.array(aPattern, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(
        aCatalogue,
        fc.array(fc.tuple(aHref, aContext), { minLength: 20, maxLength: 20 }),
        (asked, clicks) => {
          const saved: CtaDefinition[] = [];
          asked.forEach((patterns, index) => {
            const cta = { key: `cta-${index}`, kind: null, patterns };
            if (tieProblems(cta, saved).length === 0) saved.push(cta);
            else refused++;
          });
          const catalogue = new CtaCatalogue(saved);
          for (const [href, context] of clicks) {
            const { matches } = catalogue.explain(href, context);
            const [winner, ...others] = matches;
            if (!winner) continue;
            decided++;
            const rivals = others.filter(({ cta }) => cta !== winner.cta);
            for (const rival of rivals) expect(bySpecificity(winner.specificity, rival.specificity)).toBeLessThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(20);
    expect(decided).toBeGreaterThan(200);
  });
});

describe('a tie', () => {
  const tie = (a: CtaPattern, b: CtaPattern) => tieOf(compilePattern(a), compilePattern(b));

  it.each<[CtaPattern, CtaPattern]>([
    [{ path: '/cart' }, { path: '/cart/' }],
    [{ path: '/caf%c3%a9' }, { path: '/café' }],
    [{ host: 'Shop.example' }, { host: 'shop.example' }],
    [{ path: '/a*b' }, { path: '/*ab' }],
    [{ path: '*' }, { path: '**' }],
    [{ query: { utm_content: 'x' } }, { query: { utm_term: 'x' } }],
    [{ query: { UTM_Content: 'x' } }, { query: { utm_content: 'x' } }],
    [{ message: { action_id: 1 } }, { message: { campaign_id: 7 } }],
    [{ message: { campaign_id: 7 } }, { message: { campaign_id: '7' } }],
  ])('is between %j and %j', (a, b) => {
    const [left, right] = [compilePattern(a), compilePattern(b)];
    expect([tie(a, b), tie(b, a)].map((click) => bothMatch(left, right, click))).toEqual([true, true]);
  });

  it.each<[string, CtaPattern, CtaPattern]>([
    ['another path', { path: '/cart' }, { path: '/care' }],
    ['another end', { path: '/*a' }, { path: '/*b' }],
    ['another host', { host: 'a.example', path: '/*' }, { host: 'b.example', path: '/*' }],
    ['subdomains of another', { host: '*.a.example' }, { host: '*.b.example' }],
    ['another value', { query: { a: '1' } }, { query: { a: '2' } }],
    ['another beginning', { query: { a: { startsWith: 'ab' } } }, { query: { a: { startsWith: 'ac' } } }],
    ['there and not there', { query: { a: { exists: true } } }, { query: { a: { exists: false } } }],
    ['messages of two kinds', { message: { campaign_id: 7 } }, { message: { newsletter_id: 7 } }],
    [
      'another link of a message',
      { message: { campaign_id: 7 }, link_id: 1 },
      { message: { campaign_id: 7 }, link_id: 2 },
    ],
    ['another tag', { tag: 'hero' }, { tag: 'foot' }],
    ['one closer by a parameter', { path: '/cart', query: { a: '1' } }, { path: '/cart' }],
    ['one closer by a longer beginning', { query: { a: { startsWith: 'a' } } }, { query: { a: { startsWith: 'ab' } } }],
    ['one exact value', { query: { a: 'ab' } }, { query: { a: { startsWith: 'ab' } } }],
    ['one exact path', { path: '/cart' }, { path: '/cart*' }],
    ['one exact host', { host: 'a.x.example' }, { host: '*.x.example' }],
    ['a message against a link', { message: { campaign_id: 7 } }, { host: 'a.example', path: '/cart' }],
  ])('is not where there is %s', (_, a, b) => {
    expect(tie(a, b)).toBeUndefined();
    expect(tie(b, a)).toBeUndefined();
  });
});
