import { RATES, SHARES, type Compared, type Comparison, type Pair, type Rate } from './comparison.js';
import { htmlPage, htmlTable, percent, percentWithin } from './html-page.js';
import { forestPlot, linePlot } from './plots.js';
import { aboutSpan, revenueInWords } from './report-html.js';
import type { ReportSpan } from './report-question.js';

const NAMES: Readonly<Record<Rate, string>> = {
  clickRate: 'Clicked deliveries',
  toCheckout: 'Click to checkout',
  toPurchase: 'Click to purchase',
};

const ABOUT =
  'Bars are 95% intervals. A difference is the primary CTA’s rate less the other’s; one over several templates or periods ' +
  'is the difference within each, put together. Where a bar does not reach zero, chance alone rarely makes such a difference.';

/** For each rate how both went over time, the difference in each template, and all numbers. */
export function comparisonHtml(comparison: Comparison, pair: Pair, span: ReportSpan): string {
  const { overall, periods, templates, cells } = comparison;
  const labels = periods.map(({ period }) => period);
  const plots = RATES.flatMap((rate) => [
    `<h2>${NAMES[rate]}</h2>`,
    linePlot({
      ...{ title: `${NAMES[rate]}, over time`, labels, say: percent },
      series: [
        { name: pair.primary, points: periods.map((one) => one.rates[rate].primary) },
        { name: pair.secondary, points: periods.map((one) => one.rates[rate].secondary) },
      ],
    }),
    forestPlot(
      `${NAMES[rate]}: how far ${pair.primary} is ahead of ${pair.secondary}`,
      [
        { name: 'overall', interval: overall.rates[rate].difference },
        ...templates.map((one) => ({ name: templateName(one.template), interval: one.rates[rate].difference })),
      ],
      percent,
    ),
  ]);
  const rows = [
    ...linesOf('overall', overall),
    ...periods.flatMap((one) => linesOf(one.period, one)),
    ...templates.flatMap((one) => linesOf(templateName(one.template), one)),
    ...cells.flatMap((one) => linesOf(`${templateName(one.template)}, ${one.period}`, one)),
  ];
  const revenue = (['primary', 'secondary'] as const).map(
    (side) => `${pair[side]}: ${revenueInWords(overall[side].revenue)}`,
  );
  const head = ['where', 'rate', pair.primary, '', pair.secondary, '', 'difference'];
  return htmlPage(
    `${pair.primary} beside ${pair.secondary}`,
    [aboutSpan(span), ABOUT, `Net revenue. ${revenue.join('; ')}.`],
    [...plots, htmlTable('All numbers', head, rows)],
  );
}

function linesOf(where: string, { primary, secondary, rates }: Compared): string[][] {
  return RATES.map((rate) => {
    const [one, other] = [SHARES[rate](primary), SHARES[rate](secondary)];
    const { primary: rateOne, secondary: rateOther, difference } = rates[rate];
    return [
      ...[where, NAMES[rate], `${one.some} of ${one.all}`, percentWithin(rateOne)],
      ...[`${other.some} of ${other.all}`, percentWithin(rateOther), percentWithin(difference)],
    ];
  });
}

function templateName(template: string | null): string {
  return template ?? '(no template)';
}
