import { toIso, type Instant } from '../core/instant.js';
import { counted, listed, not, ok, type ChecklistLine } from './checklist-line.js';

/** A live link, and what its latest check found; null: it was never checked. */
export interface LiveLinkFact {
  url: string;
  latest: { outcome: string; codes: readonly string[]; checkedAt: Instant } | null;
}

const ABOUT = { key: 'link-qa', about: 'QA of live links' };
const DAY_MS = 86_400_000;

/** After so many days a check says little: shops change. */
const STALE_DAYS = 7;

/** Whether every link that readers meet was followed lately, and led where it should. `asOf` in epoch milliseconds. */
export function judgeLinks(links: readonly LiveLinkFact[], asOf: Instant): ChecklistLine {
  const checked = links.flatMap(({ url, latest }) => (latest ? [{ url, ...latest }] : []));
  const of = (outcome: string) => checked.filter((one) => one.outcome === outcome);
  if (links.length === 0) {
    const next =
      'send messages with tracked links, or wait for clicks; the links that readers meet are found by themselves';
    return not('unknown', ABOUT, { evidence: 'there is no live link', next });
  }
  const run = 'POST /v1/link-qa/runs with {"live": {}} (docs/link-qa.md)';
  if (checked.length === 0) {
    const evidence = `none of ${counted(links.length, 'live link')} was ever checked`;
    return not('unknown', ABOUT, { evidence, next: `check them: ${run}` });
  }
  const oldest = Math.min(...checked.map((one) => one.checkedAt));
  const errors = of('error');
  const warnings = of('warning');
  const evidence = [
    `${checked.length} of ${counted(links.length, 'live link')} checked since ${toIso(oldest)}`,
    `${errors.length} with errors`,
    `${warnings.length} with warnings`,
    ...(errors.length > 0 ? [`wrong: ${listed(errors.map(named), 2)}`] : []),
  ].join(', ');
  if (errors.length > 0)
    return not('failed', ABOUT, { evidence, next: 'mend them; GET /v1/link-qa/runs shows each hop' });
  if (checked.length < links.length) return not('warning', ABOUT, { evidence, next: `check the others, too: ${run}` });
  if (asOf - oldest > STALE_DAYS * DAY_MS) {
    return not('warning', ABOUT, { evidence, next: `check them again: ${run}, or set LINK_QA_INTERVAL_HOURS` });
  }
  if (warnings.length > 0)
    return not('warning', ABOUT, { evidence, next: 'look at the warnings: GET /v1/link-qa/runs' });
  return ok(ABOUT, evidence);
}

function named({ url, codes }: { url: string; codes: readonly string[] }): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname} (${codes[0] ?? 'error'})`;
}
