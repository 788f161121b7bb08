import { csvCell } from '../platform/csv.js';
import type { BranchPointReport } from './reporter.js';
import type { Interval } from '../platform/statistics.js';

const WITH_INTERVAL = (name: string): string[] => [name, `${name}_low`, `${name}_high`];

const COLUMNS = [
  ...['branch', 'decisions', 'profiles', 'share', 'in_window', 'buyers'],
  ...WITH_INTERVAL('conversion'),
  ...WITH_INTERVAL('conversion_against_holdout'),
  ...['currency', 'revenue'],
  ...WITH_INTERVAL('revenue_per_profile'),
  ...WITH_INTERVAL('revenue_per_profile_against_holdout'),
];

/** A line a branch and currency; a branch of which nobody bought has one without. What can't be told is left empty. */
export function reportCsv({ branches }: BranchPointReport): string {
  const lines = branches.flatMap((branch) => {
    const { decisions, profiles, share, inWindow, buyers, conversion, againstHoldout } = branch;
    const common = [
      ...[branch.branch, ...[decisions, profiles, share, inWindow, buyers].map(String)],
      ...cells(conversion),
      ...cells(againstHoldout?.conversion),
    ];
    if (branch.revenue.length === 0) return [[...common, ...Array<string>(8).fill('')]];
    return branch.revenue.map(({ currency, total, perProfile }) => {
      const more = againstHoldout?.revenuePerProfile.find((one) => one.currency === currency)?.difference;
      return [...common, csvCell(currency), total, ...cells(perProfile), ...cells(more)];
    });
  });
  return [COLUMNS, ...lines, []].map((line) => line.join(',')).join('\r\n');
}

function cells(interval: Interval | null | undefined): string[] {
  return [interval?.estimate, interval?.low, interval?.high].map((one) =>
    one === undefined || one === null ? '' : String(one),
  );
}
