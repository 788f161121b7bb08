/**
 * What becomes of a table's rows when their profile is merged into another: `moves` gives them to the other one, `stays`
 * leaves them under the old number (as a log that has ended, or because the merge itself sees to them), `goes` removes them.
 */
export type OnMerge = 'moves' | 'stays' | 'goes';

/** Every table of profiles' data, which is every one with the columns `lane` and `profile_id`. A test compares it with the database. */
export const PROFILE_TABLES: Readonly<Record<string, OnMerge>> = {
  decisions: 'moves',
  events: 'stays', // moved with new numbers, see ProfileMerger
  identity_conflicts: 'stays', // moved by what they say
  link_bindings: 'moves',
  link_outcomes_due: 'goes', // looked at anew for the profile that stays
  link_outcomes_told: 'moves',
  link_report_month_shares: 'goes', // made anew for the profile that stays
  memberships: 'stays',
  outbox: 'stays',
  reconciliation_members: 'goes', // found under way, and no longer so
  transitions: 'stays',
};
