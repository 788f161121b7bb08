import { csvCell } from '../platform/csv.js';
import type { Interval } from '../platform/statistics.js';
import type { Cut } from './cuts.js';
import type { ReportRow } from './report-row.js';

export function withInterval(name: string): string[] {
  return [name, `${name}_low`, `${name}_high`];
}

/** What can't be told is left empty. */
export function intervalCells(interval: Interval | null): (number | string)[] {
  return [interval?.estimate ?? '', interval?.low ?? '', interval?.high ?? ''];
}

const COLUMNS = [
  ...['human', 'suspect', 'machine', 'clickers', 'deliveries', 'clicked_deliveries', ...withInterval('click_rate')],
  ...['click_days', 'checkouts', 'checkout_days', ...withInterval('click_to_checkout')],
  ...['purchases', 'purchase_days', ...withInterval('click_to_purchase'), 'mean_time_ms', 'half_within'],
  ...['anonymous_human', 'anonymous_suspect', 'anonymous_machine'],
  ...['currency', 'revenue'],
];

/** A line a value, period and currency, as they come. Where there are several currencies, only the first line has the counts. */
export async function* reportCsv({ dimensions }: Cut, rows: AsyncIterable<ReportRow>): AsyncGenerator<string> {
  yield line(['period', ...dimensions, ...COLUMNS]);
  for await (const row of rows) {
    const { clicks, clickers, deliveries, clickedDeliveries, clickRate, clickDays, checkout, purchase, anonymous } =
      row;
    const place = [row.period, ...dimensions.map((one) => row.value[one] ?? '')];
    const counts = [
      ...[clicks.human, clicks.suspect, clicks.machine, clickers],
      ...[deliveries ?? '', clickedDeliveries, ...intervalCells(clickRate), clickDays],
      ...[checkout.count, checkout.days, ...intervalCells(checkout.rate)],
      ...[purchase.count, purchase.days, ...intervalCells(purchase.rate)],
      ...[purchase.meanTimeMs ?? '', purchase.halfWithin ?? ''],
      ...[anonymous.human, anonymous.suspect, anonymous.machine],
    ];
    const [first, ...others] = purchase.revenue;
    yield line([...place, ...counts, first?.currency ?? '', first?.total ?? '']);
    for (const { currency, total } of others) yield line([...place, ...counts.map(() => ''), currency, total]);
  }
}

/** Numbers as they are; texts as RFC 4180 quotes them, and none as a formula. */
export function line(cells: readonly (number | string)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : csvCell(cell))).join(',')}\r\n`;
}
