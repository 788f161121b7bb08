import { htmlPage, htmlTable, percent, percentWithin } from './html-page.js';
import { linePlot, MOST_SERIES, type Series } from './plots.js';
import type { ReportQuestion, ReportSpan } from './report-question.js';
import type { ReportRow, Total } from './report-row.js';

/** The most clicked values as lines over time, and all rows as a table. */
export function reportHtml(question: ReportQuestion, rows: readonly ReportRow[], isComplete: boolean): string {
  const labels = [...new Set(rows.map((row) => row.period))].sort();
  const names = mostClicked(rows);
  const series = (read: (row: ReportRow) => Series['points'][number]): Series[] =>
    names.map((name) => {
      const own = new Map(rows.filter((row) => nameOf(row) === name).map((row) => [row.period, row]));
      return { name, points: labels.map((label) => (own.has(label) ? read(own.get(label)!) : null)) };
    });
  const people = series(({ clickers }) => ({ estimate: clickers, low: null, high: null }));
  const count = (value: number): string => String(Math.round(value * 10) / 10);
  const title = `Links by ${question.cut.key.replace('_', ' and ')}`;
  return htmlPage(
    title,
    [aboutSpan(question), ...(isComplete ? [] : ['There are more rows; CSV has all.'])],
    [
      linePlot({ title: 'People who clicked', labels, series: people, say: count }),
      linePlot({ title: 'Clicked deliveries', labels, series: series((row) => row.clickRate), say: percent }),
      linePlot({ title: 'Click to purchase', labels, series: series((row) => row.purchase.rate), say: percent }),
      htmlTable('All numbers, with 95% intervals', HEAD, rows.map(cellsOf)),
    ],
  );
}

const HEAD = [
  ...['value', 'from', 'human', 'suspect', 'machine', 'clickers', 'deliveries', 'click rate'],
  ...['click to checkout', 'purchases', 'click to purchase', 'net revenue', 'mean time', 'half within'],
  'clicks of nobody known (human, suspect, machine)',
];

function cellsOf(row: ReportRow): string[] {
  const { clicks, checkout, purchase, anonymous } = row;
  return [
    ...[nameOf(row), row.period, ...[clicks.human, clicks.suspect, clicks.machine, row.clickers].map(String)],
    ...[String(row.deliveries ?? '–'), percentWithin(row.clickRate), percentWithin(checkout.rate)],
    ...[String(purchase.count), percentWithin(purchase.rate), revenueInWords(purchase.revenue)],
    purchase.meanTimeMs === null ? '–' : `${(purchase.meanTimeMs / 3_600_000).toFixed(1)} h`,
    purchase.halfWithin ?? '–',
    [anonymous.human, anonymous.suspect, anonymous.machine].join(', '),
  ];
}

export function revenueInWords(revenue: readonly Total[]): string {
  return revenue.map(({ currency, total }) => `${total} ${currency}`.trim()).join(', ') || '–';
}

export function aboutSpan({ from, to, period, window, attribution }: ReportSpan): string {
  return `From ${from} until before ${to} (UTC), by ${period}. What follows within ${window} counts for ${CREDITED[attribution]}.`;
}

const CREDITED = { last: 'the last click', first: 'the first click', any: 'whatever was clicked' };

function nameOf({ value }: ReportRow): string {
  const parts = Object.values(value);
  return parts.length === 0 ? 'all' : parts.map((part) => part ?? '(none)').join(' · ');
}

function mostClicked(rows: readonly ReportRow[]): string[] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(nameOf(row), (sums.get(nameOf(row)) ?? 0) + row.clicks.human + row.clicks.suspect);
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_SERIES)
    .map(([name]) => name);
}
