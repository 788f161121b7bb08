import { RATES, SHARES, type Compared, type Comparison } from './comparison.js';
import { intervalCells, line, withInterval } from './report-csv.js';

const COLUMNS = [
  ...['over', 'template', 'period', 'rate'],
  ...['primary_some', 'primary_all', ...withInterval('primary')],
  ...['secondary_some', 'secondary_all', ...withInterval('secondary')],
  ...withInterval('difference'),
];

/** A line a rate, for everything, each period, each template, and each template in each period. */
export function comparisonCsv({ overall, periods, templates, cells }: Comparison): string {
  return [
    line(COLUMNS),
    ...lines(['all', '', ''], overall),
    ...periods.flatMap((one) => lines(['period', '', one.period], one)),
    ...templates.flatMap((one) => lines(['template', one.template ?? '', ''], one)),
    ...cells.flatMap((one) => lines(['template and period', one.template ?? '', one.period], one)),
  ].join('');
}

function lines(place: readonly string[], { primary, secondary, rates }: Compared): string[] {
  return RATES.map((rate) => {
    const [one, other] = [SHARES[rate](primary), SHARES[rate](secondary)];
    return line([
      ...place,
      rate,
      ...[one.some, one.all, ...intervalCells(rates[rate].primary)],
      ...[other.some, other.all, ...intervalCells(rates[rate].secondary)],
      ...intervalCells(rates[rate].difference),
    ]);
  });
}
