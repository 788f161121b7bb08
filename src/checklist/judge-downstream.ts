import { counted, listed, not, ok, percent, type ChecklistLine } from './checklist-line.js';

export const DIMENSIONS = ['utm_campaign', 'utm_source', 'landing'] as const;
export const METRICS = ['sessions', 'conversions'] as const;

/** By what a tool counts; each value is compared with the clicks that carry it. */
export type Dimension = (typeof DIMENSIONS)[number];
export type Metric = (typeof METRICS)[number];

/** What a tool counted on a day of its own time zone, beside the clicks of people on the same day. */
export interface DayCount {
  /** As 2026-11-24. */
  day: string;
  value: string;
  clicks: number;
  counted: number;
}

export interface Comparison {
  /** Such as ga4. */
  tool: string;
  metric: Metric;
  dimension: Dimension;
  /** Days that were imported, in order. */
  days: readonly string[];
  /** Of values that clicks carry. */
  counts: readonly DayCount[];
}

/** With fewer clicks a difference says nothing. */
const FEWEST_CLICKS = 20;

/** Whether what another tool counted goes with the clicks here. `tolerance`: the most that it may differ by, from 0 to 1. */
export function judgeDownstream(comparisons: readonly Comparison[], tolerance: number): ChecklistLine[] {
  if (comparisons.length === 0) {
    const next =
      'export sessions a day by campaign from GA4 or Shopify, and send them: POST /v1/audit/downstream?tool=ga4 (docs/audit.md)';
    const evidence = 'no counts of another tool are known for the days that are looked at';
    return [not('unknown', { key: 'downstream', about: 'downstream counts' }, { evidence, next })];
  }
  return comparisons.map((one) => (one.metric === 'sessions' ? judgeSessions(one, tolerance) : judgeConversions(one)));
}

interface Total {
  name: string;
  clicks: number;
  counted: number;
}

function judgeSessions(comparison: Comparison, tolerance: number): ChecklistLine {
  const about = aboutOf(comparison);
  const { counts, dimension } = comparison;
  const all = total('all', counts);
  const allowed = `${Math.round(tolerance * 100)} % allowed`;
  const evidence = `${summary(comparison, all)} (${allowed})`;
  if (all.clicks < FEWEST_CLICKS) return tooFew(about, evidence);
  // Others come to a page as well: more sessions than clicks is what is to be expected there.
  const isOff = ({ clicks, counted: seen }: Total): boolean =>
    seen < clicks * (1 - tolerance) || (dimension !== 'landing' && seen > clicks * (1 + tolerance));
  const parts = [...grouped(counts, 'value'), ...grouped(counts, 'day')].filter((one) => one.clicks >= FEWEST_CLICKS);
  const off = parts.filter(isOff).sort((a, b) => distance(b) - distance(a));
  const more = off.length === 0 ? evidence : `${evidence}; apart: ${listed(off.map(inWords))}`;
  const next =
    all.counted < all.clicks
      ? 'see whether landing pages load the tag, consent holds it back, or a redirect drops the UTMs: npx turnout qa URL'
      : 'see whether other links carry the same UTMs, or clicks of yours are not known here: GET /v1/sources';
  if (isOff(all)) return not('failed', about, { evidence: more, next });
  return off.length === 0 ? ok(about, evidence) : not('warning', about, { evidence: more, next });
}

/** A click may lead to no conversion; a conversion without a click is somebody else's. */
function judgeConversions(comparison: Comparison): ChecklistLine {
  const about = aboutOf(comparison);
  const all = total('all', comparison.counts);
  const evidence = summary(comparison, all);
  if (all.clicks < FEWEST_CLICKS) return tooFew(about, evidence);
  if (all.counted > all.clicks) {
    const next = 'see what else carries the same UTMs: more is converted than was clicked';
    return not('failed', about, { evidence, next });
  }
  if (all.counted > 0) return ok(about, evidence);
  const next = 'see whether UTMs survive until the checkout: npx turnout qa URL, and whether the tool counts orders';
  return not('warning', about, { evidence, next });
}

function aboutOf({ tool, metric, dimension }: Comparison) {
  return { key: `downstream-${tool}-${metric}-${dimension}`, about: `${metric} of ${tool} by ${dimension}` };
}

function tooFew(about: Pick<ChecklistLine, 'key' | 'about'>, evidence: string): ChecklistLine {
  return not('unknown', about, { evidence, next: `wait: with fewer than ${FEWEST_CLICKS} clicks nothing is told` });
}

function summary({ metric, days }: Comparison, { clicks, counted: seen }: Total): string {
  const share = clicks === 0 ? ' of' : `, ${percent(seen, clicks)} of`;
  return `${days[0]} to ${days.at(-1)}: ${seen} ${metric}${share} ${counted(clicks, 'click')} of people`;
}

function inWords({ name, clicks, counted: seen }: Total): string {
  return `${name} (${seen} of ${clicks})`;
}

function distance({ clicks, counted: seen }: Total): number {
  return Math.abs(seen - clicks);
}

function grouped(counts: readonly DayCount[], by: 'day' | 'value'): Total[] {
  const groups = new Map<string, DayCount[]>();
  for (const one of counts) {
    const group = groups.get(one[by]);
    if (group) group.push(one);
    else groups.set(one[by], [one]);
  }
  return [...groups].map(([name, group]) => total(name, group));
}

function total(name: string, counts: readonly DayCount[]): Total {
  const sum = (of: 'clicks' | 'counted') => counts.reduce((so, one) => so + one[of], 0);
  return { name, clicks: sum('clicks'), counted: sum('counted') };
}
