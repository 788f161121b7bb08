import type { Period } from './report-question.js';

/**
 * Where figures are added up, by the period whose first day they stand under: a report reads as many rows as its periods
 * have, and not those of each day.
 */
export const FIGURE_TABLES = {
  day: 'link_report_days',
  week: 'link_report_weeks',
  month: 'link_report_months',
} as const satisfies Record<Period, string>;
