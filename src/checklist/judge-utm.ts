import { toIso, type Instant } from '../core/instant.js';
import { counted, listed, not, ok, percent, type ChecklistLine } from './checklist-line.js';

const SCHEMA = { key: 'utm-schema', about: 'UTM schema' };
const DRIFT = { key: 'utm-drift', about: 'UTM schema followed' };

/** From this share of wrong links on, reports can't be trusted any more. */
const FAILED_SHARE = 0.1;

/** The schema that holds; undefined: none does. */
export function judgeSchema(held: { version: number; validFrom: Instant } | undefined): ChecklistLine {
  if (held) return ok(SCHEMA, `version ${held.version} holds since ${toIso(held.validFrom)}`);
  const next = 'declare how links are named: PUT /v1/utm/schema (docs/utm.md)';
  return not('failed', SCHEMA, { evidence: 'none holds', next });
}

/** Of the report of drift, what is judged. */
export interface DriftFacts {
  days: number;
  clicks: number;
  withoutLink: number;
  notJudged: number;
  wrong: number;
  findings: readonly { detail: string; clicks: number; severity: 'error' | 'warning' }[];
  hasFormatChanged: boolean;
  /** By which a click of the span could be judged. */
  versions: readonly number[];
}

/** Whether clicked links are named as the schema says; undefined: there is none. */
export function judgeDrift(facts: DriftFacts | undefined): ChecklistLine {
  if (!facts) return not('unknown', DRIFT, { evidence: 'there is no schema to follow', next: 'declare one' });
  const { days, wrong, findings } = facts;
  const judged = facts.clicks - facts.withoutLink - facts.notJudged;
  const span = `in the last ${counted(days, 'day')}`;
  if (judged === 0) {
    const none = `none of ${counted(facts.clicks, 'click')} ${span}`;
    if (facts.clicks > 0 && facts.versions.length === 0)
      return not('unknown', DRIFT, { evidence: `${none} came since a schema holds`, next: 'wait for clicks' });
    const evidence = `${none} is on a link that the schema speaks of`;
    const next =
      facts.clicks === 0
        ? 'wait for clicks, or see whether they come: GET /v1/sources'
        : 'name the hosts of your shop in the schema: "hosts" (docs/utm.md)';
    return not('unknown', DRIFT, { evidence, next });
  }
  const says = `${wrong === 0 ? 'none' : `${wrong} (${percent(wrong, judged)})`} of ${counted(judged, 'click')} ${span} ${wrong === 1 ? 'is' : 'are'} on links that break it`;
  const worst = findings.filter((one) => one.severity === 'error' || facts.hasFormatChanged).map((one) => one.detail);
  const evidence = worst.length > 0 ? `${says}: ${listed(worst, 2)}` : says;
  if (wrong === 0 && !facts.hasFormatChanged) return ok(DRIFT, evidence);
  const next =
    'see which messages, and what would be right: GET /v1/utm/drift; lint templates before sending: npx turnout utm lint';
  return not(wrong / judged >= FAILED_SHARE ? 'failed' : 'warning', DRIFT, { evidence, next });
}
