import { listed, not, ok, type ChecklistLine } from './checklist-line.js';

export interface DomainFact {
  host: string;
  /** Null: it is not said from where messages come. */
  sendingDomain: string | null;
  isAligned: boolean;
}

const ABOUT = { key: 'branded-domain', about: 'branded link domain' };

/** Whether it is decided under which domain links are sent, and whether that goes with the one that messages come from. */
export function judgeDomains(domains: readonly DomainFact[]): ChecklistLine {
  if (domains.length === 0) {
    return not('failed', ABOUT, {
      evidence: 'no link domain is declared',
      next: 'decide on a host of your own, such as go.example.com, and declare it: PUT /v1/link-domains/:host (docs/links.md)',
    });
  }
  const apart = domains.filter((one) => one.sendingDomain !== null && !one.isAligned);
  if (apart.length > 0) {
    return not('failed', ABOUT, {
      evidence: listed(apart.map(({ host, sendingDomain }) => `${host} is not of the domain of ${sendingDomain}`)),
      next: 'serve links under the registered domain that messages are sent from; mail filters distrust others',
    });
  }
  const unsaid = domains.filter((one) => one.sendingDomain === null);
  if (unsaid.length > 0) {
    return not('warning', ABOUT, {
      evidence: `of ${listed(unsaid.map((one) => one.host))} it is not said from which domain messages are sent`,
      next: 'give "sendingDomain" with PUT /v1/link-domains/:host, so that alignment can be told',
    });
  }
  return ok(ABOUT, listed(domains.map(({ host, sendingDomain }) => `${host} goes with ${sendingDomain}`)));
}
