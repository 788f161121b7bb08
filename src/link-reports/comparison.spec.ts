import { compare, type Comparison } from './comparison.js';
import { comparisonHtml } from './comparison-html.js';
import { CUTS } from './cuts.js';
import type { CountedRow } from './report-query.js';
import { reportHtml } from './report-html.js';
import { reportRow } from './report-row.js';

const PAIR = { primary: 'cart', secondary: '<story>' };
const CUT = CUTS.find(({ key }) => key === 'cta_template')!;
const SPAN = {
  period: 'month',
  from: '2026-01-01',
  to: '2026-03-01',
  window: '7d',
  step: 3,
  attribution: 'last',
} as const;

/** What was counted of a CTA in a template and a month. */
const row = (cta: string, template: string | null, month: string, more: Partial<CountedRow>) =>
  reportRow(
    { cut: CUT, attribution: 'last' },
    {
      ...{ value: [cta, template], period: `2026-${month}-01`, human: '0', suspect: '0', machine: '0' },
      ...{ clickers: '0', click_days: '0', clicked: '0', deliveries: null, checkouts: '0', checkout_days: '0' },
      ...{ purchase_days: '0', lag_ms: '0', purchases: null },
      ...{ anonymous: { human: 0, suspect: 0, machine: 0 }, ...more },
    },
  );

const sent = (deliveries: number, clicked: number) => ({ deliveries: `${deliveries}`, clicked: `${clicked}` });

const ROWS = [
  // In each template the primary CTA is ahead by a tenth; it stood mostly in the one that is clicked less.
  row('cart', 'dull', '01', sent(1000, 200)),
  row('<story>', 'dull', '01', sent(100, 10)),
  row('cart', 'bright', '01', sent(100, 60)),
  row('<story>', 'bright', '01', sent(1000, 500)),
  row('cart', null, '02', { click_days: '9', purchase_days: '3', purchases: [[0, 'EUR', 3, '4.50']] }),
  row('cart', 'dull', '02', {
    purchases: [
      [0, 'EUR', 1, '1.5'],
      [4, 'USD', 1, '2'],
    ],
  }),
];

const rounded = ({ rates }: Pick<Comparison['overall'], 'rates'>) =>
  Math.round(rates.clickRate.difference!.estimate * 1e6) / 1e6;

describe('two CTAs beside each other', () => {
  const found = compare(ROWS, PAIR);

  it('differ by what they differ within a template, whichever they stood in more often', () => {
    expect(found.overall.rates.clickRate.primary!.estimate).toBeLessThan(
      found.overall.rates.clickRate.secondary!.estimate,
    );
    expect(rounded(found.overall)).toBe(0.1);
    expect(found.overall.rates.clickRate.difference!.low).toBeGreaterThan(0);
    expect(found.templates.map(({ template }) => template)).toEqual([null, 'bright', 'dull']);
    expect(rounded(found.templates[2]!)).toBe(0.1);
    expect(found.periods.map(({ period }) => period)).toEqual(['2026-01-01', '2026-02-01']);
    expect(rounded(found.periods[0]!)).toBe(0.1);
  });

  it('are not compared where only one of them was, and currencies are added each by itself', () => {
    expect(found.periods[1]).toMatchObject({
      primary: {
        deliveries: null,
        clickDays: 9,
        revenue: [
          { currency: 'EUR', total: '6.00' },
          { currency: 'USD', total: '2' },
        ],
      },
      rates: { clickRate: { primary: null, difference: null }, toPurchase: { secondary: null, difference: null } },
    });
  });

  it('are shown as a page that nothing from outside can break out of', () => {
    const page = comparisonHtml(found, PAIR, SPAN);
    expect(page).toContain('&lt;story&gt;');
    expect(page).not.toMatch(/<story|<script|NaN|undefined|https?:/);
    expect(page.match(/<svg role="img" aria-label="[^"]+" viewBox/g)).toHaveLength(6);
    expect(page).toContain('<td>60 of 100</td>');
  });

  it('are lines of a report, too, which shows those that are clicked most', () => {
    const page = reportHtml({ ...SPAN, cut: CUT, only: new Map() }, ROWS, false);
    expect(page).toContain('There are more rows; CSV has all.');
    expect(page).toContain('&lt;story&gt; · bright');
    expect(page).not.toMatch(/<story|NaN|undefined/);
    expect(reportHtml({ ...SPAN, cut: CUT, only: new Map() }, [], true)).not.toMatch(/NaN|Infinity/);
  });
});
