import { expectLine } from '../../test/support/checklist-line.js';
import { gravestOf, percent, type ChecklistLine } from './checklist-line.js';
import { judgeCta, type CtaFact } from './judge-ctas.js';
import { judgeDomains } from './judge-domains.js';
import { judgeDownstream, type Comparison, type DayCount } from './judge-downstream.js';
import { judgeLinks } from './judge-links.js';
import { judgeDrift, judgeSchema, type DriftFacts } from './judge-utm.js';

const T = Date.parse('2026-11-24T00:00:00Z');
const DAY = 86_400_000;

describe('the branded domain', () => {
  const go = { host: 'go.shop.example', sendingDomain: 'mail.shop.example', isAligned: true };

  it.each([
    ['none', [], 'failed', /no link domain/, /link-domains/],
    ['aligned', [go], 'ok', /go\.shop\.example goes with mail\.shop\.example/],
    [
      'of unknown senders',
      [go, { ...go, host: 'b.example', sendingDomain: null, isAligned: false }],
      'warning',
      /b\.example/,
      /sendingDomain/,
    ],
    [
      'of others',
      [go, { ...go, host: 'b.example', isAligned: false }],
      'failed',
      /b\.example is not of the domain of mail/,
      /registered domain/,
    ],
  ] as const)('%s', (_what, domains, state, evidence, next: RegExp = /./) => {
    expectLine(judgeDomains(domains), state, evidence, next);
  });
});

describe('the UTM schema', () => {
  it('holds or not', () => {
    expectLine(judgeSchema(undefined), 'failed', /none holds/, /PUT \/v1\/utm\/schema/);
    expectLine(judgeSchema({ version: 3, validFrom: T }), 'ok', /version 3 holds since 2026-11-24/);
  });

  const followed: DriftFacts = { days: 7, clicks: 120, withoutLink: 10, notJudged: 10, wrong: 0, findings: [], hasFormatChanged: false, versions: [1] }; // prettier-ignore
  const findings = [
    { detail: 'utm_source is "klaviyo"', clicks: 9, severity: 'error' },
    { detail: 'only a hint', clicks: 1, severity: 'warning' },
  ] as const;

  it.each([
    ['followed', followed, 'ok', /none of 100 clicks in the last 7 days are on links that break it$/],
    [
      'broken by one',
      { ...followed, wrong: 1, findings },
      'warning',
      /^1 \(1 %\) of 100 clicks .* is on .*: utm_source is "klaviyo"$/,
      /utm\/drift/,
    ],
    ['broken by just under a tenth', { ...followed, wrong: 9 }, 'warning', /9 %/],
    ['broken by a tenth', { ...followed, wrong: 10, findings }, 'failed', /10 %/],
    [
      'of a new form',
      { ...followed, hasFormatChanged: true, findings: [{ ...findings[1], detail: 'new form' }] },
      'warning',
      /new form/,
    ],
    ['of other hosts', { ...followed, notJudged: 110 }, 'unknown', /none of 120 clicks/, /hosts/],
    [
      'younger than the clicks',
      { ...followed, notJudged: 110, versions: [] },
      'unknown',
      /none of 120 .* since a schema holds/,
      /wait/,
    ],
    ['not clicked', { ...followed, clicks: 0, withoutLink: 0, notJudged: 0 }, 'unknown', /none of 0 clicks/, /sources/],
    ['not there', undefined, 'unknown', /no schema/],
  ] as const)('%s', (_what, facts, state, evidence, next: RegExp = /./) => {
    expectLine(judgeDrift(facts), state, evidence, next);
  });
});

describe('a core call to action', () => {
  const cart: CtaFact = { key: 'cart-de', kind: 'cart', clicks: 0, links: 0, neededBy: [] };

  it.each([
    ['that is not declared', [], 'failed', /has none/, /PUT \/v1\/ctas\/cart/],
    ['of another kind', [{ ...cart, kind: 'carts' }], 'failed', /has none/],
    [
      'that is clicked',
      [
        { ...cart, clicks: 2 },
        { ...cart, key: 'cart', kind: null, clicks: 3, links: 1 },
      ],
      'ok',
      /^cart-de, cart: 5 clicks in 30 days, 1 tracked link, no rule names it$/,
    ],
    ['in messages that nobody clicks', [{ ...cart, links: 1 }], 'warning', /0 clicks/, /ctas\/match/],
    [
      'that rules alone name',
      [{ ...cart, neededBy: ['segment "x"'] }],
      'warning',
      /named by segment "x"/,
      /ctas\/match/,
    ],
    ['that nobody uses', [cart], 'warning', /0 clicks in 30 days, 0 tracked links/, /POST \/v1\/links/],
  ] as const)('%s', (_what, facts, state, evidence, next: RegExp = /./) => {
    expectLine(judgeCta('cart', facts, 30), state, evidence, next);
  });
});

describe('QA of live links', () => {
  const link = (outcome: string | null, checkedAt = T, codes: string[] = []) => ({
    url: 'https://shop.example/cart?email=ada',
    latest: outcome === null ? null : { outcome, checkedAt, codes },
  });

  it.each([
    ['of none', [], 'unknown', /no live link/],
    ['never done', [link(null), link(null)], 'unknown', /none of 2 live links/, /link-qa\/runs/],
    [
      'good',
      [link('good'), link('info', T - 7 * DAY)],
      'ok',
      /2 of 2 live links checked since 2026-11-17.*0 with errors, 0 with warnings$/,
    ],
    ['a week and a moment old', [link('good', T - 7 * DAY - 1)], 'warning', /1 of 1/, /again/],
    ['in part', [link('good'), link(null)], 'warning', /1 of 2/, /others/],
    ['with warnings', [link('warning')], 'warning', /1 with warnings/],
    [
      'with an error',
      [link('error', T, ['not-2xx', 'slow-hop']), link(null)],
      'failed',
      /1 with errors.*wrong: shop\.example\/cart \(not-2xx\)$/,
      /mend/,
    ],
  ] as const)('%s', (_what, facts, state, evidence, next: RegExp = /./) => {
    const line = judgeLinks(facts, T);
    expectLine(line, state, evidence, next);
    expect(line.evidence).not.toContain('ada');
  });
});

describe('what other tools counted', () => {
  const days = ['2026-11-22', '2026-11-23'];
  const count = (value: string, clicks: number, counted: number, day = days[0]!): DayCount => ({
    day,
    value,
    clicks,
    counted,
  });
  const of = (counts: DayCount[], more: Partial<Comparison> = {}): Comparison => ({
    ...{ tool: 'ga4', metric: 'sessions', dimension: 'utm_campaign', days, counts },
    ...more,
  });
  const judged = (comparison: Comparison, tolerance = 0.3) => judgeDownstream([comparison], tolerance)[0]!;

  it('is asked for where it is not known', () => {
    expectLine(judgeDownstream([], 0.3)[0]!, 'unknown', /no counts/, /audit\/downstream/);
  });

  it.each([
    [
      'as many',
      [count('a', 100, 100)],
      'ok',
      /^2026-11-22 to 2026-11-23: 100 sessions, 100 % of 100 clicks of people \(30 % allowed\)$/,
    ],
    ['just as few as may be', [count('a', 100, 70)], 'ok', /70 %/],
    ['just as many as may be', [count('a', 100, 130)], 'ok', /130 %/],
    ['too few', [count('a', 100, 69)], 'failed', /69 %.*apart: a \(69 of 100\)/],
    ['too many', [count('a', 100, 131)], 'failed', /131 %/],
    ['one campaign that is lost', [count('a', 200, 200), count('lost', 20, 0)], 'warning', /apart: lost \(0 of 20\)/],
    [
      'one day that is lost',
      [count('a', 100, 90), count('a', 30, 10, days[1])],
      'warning',
      /apart: 2026-11-23 \(10 of 30\)/,
    ],
    ['a small campaign that is lost', [count('a', 200, 200), count('lost', 19, 0)], 'ok', /200 sessions/],
    ['too little to tell', [count('a', 19, 0)], 'unknown', /0 sessions, 0 % of 19 clicks/],
    ['nothing', [], 'unknown', /0 sessions of 0 clicks of people/],
  ] as const)('sessions: %s', (_what, counts, state, evidence) => {
    expectLine(judged(of([...counts])), state, evidence);
  });

  it('may be more on pages, where others come, too', () => {
    const landing = (counted: number) => judged(of([count('/', 100, counted)], { dimension: 'landing' }));
    expectLine(landing(900), 'ok', /900 %/);
    expectLine(landing(69), 'failed', /69 %/);
  });

  it('may be as far apart as is said', () => {
    expectLine(judged(of([count('a', 100, 80)]), 0.1), 'failed', /10 % allowed/);
    expectLine(judged(of([count('a', 100, 80)]), 0.2), 'ok', /20 % allowed/);
  });

  it.each([
    ['some', [count('a', 100, 3)], 'ok', /3 conversions, 3 % of 100 clicks/],
    ['none', [count('a', 100, 0)], 'warning', /0 conversions/],
    ['more than clicks', [count('a', 100, 101)], 'failed', /101 conversions/],
    ['none of a few', [count('a', 10, 0)], 'unknown', /0 conversions/],
  ] as const)('conversions: %s', (_what, counts, state, evidence) => {
    expectLine(judged(of([...counts], { metric: 'conversions' })), state, evidence);
  });
});

describe('the whole', () => {
  it('is as grave as its gravest line, and an unknown is milder than a warning', () => {
    const of = (...states: ChecklistLine['state'][]) => gravestOf(states.map((state) => ({ state })));
    expect([of(), of('ok'), of('unknown', 'ok'), of('ok', 'warning', 'unknown'), of('warning', 'failed')]).toEqual(
      ['ok', 'ok', 'unknown', 'warning', 'failed'], // prettier-ignore
    );
  });

  it('never says that a part is all, or nothing', () => {
    expect([percent(1, 1_000), percent(999, 1_000), percent(0, 9), percent(9, 9), percent(13, 10)]).toEqual([
      ...['1 %', '99 %', '0 %', '100 %', '130 %'],
    ]);
  });
});
