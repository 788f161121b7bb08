import { getDomain, getPublicSuffix } from 'tldts';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** A name of at least two labels whose last is no number, in lower case: no address, no trailing dot, no port. */
const HOST = new RegExp(`^(?=.{4,253}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);

/** Hosting of the kind `name.github.io` counts as a registry, too: its names are different people's. */
const PRIVATE_TOO = { allowPrivateDomains: true };

/** Whether a text is a host as links name it: ASCII (punycode for others), in lower case. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** Whether a text says where links may lead: a host, or `*.` and a host for everything below it. */
export function isHostRule(text: string): boolean {
  return isHost(text.startsWith('*.') ? text.slice(2) : text);
}

/** Whether anybody can register a name that the rule lets through, as with `*.co.uk` and `*.myshopify.com`. */
export function isOpenToAnybody(rule: string): boolean {
  const host = rule.startsWith('*.') ? rule.slice(2) : rule;
  return getPublicSuffix(host, PRIVATE_TOO) === host;
}

export function isAllowedHost(host: string, rules: readonly string[]): boolean {
  return rules.some((rule) => (rule.startsWith('*.') ? host.endsWith(rule.slice(1)) : host === rule));
}

/** How a link's domain and the domain that messages come from go together. */
export interface Alignment {
  /** What somebody registered: `example.co.uk` of `go.mail.example.co.uk`; null where nobody can. */
  organisationalDomain: string | null;
  sendingOrganisationalDomain: string | null;
  isAligned: boolean;
}

/** Aligned is what belongs to the same registered domain, as mail filters see it. */
export function alignmentOf(host: string, sendingDomain: string): Alignment {
  const [own, sending] = [getDomain(host, PRIVATE_TOO), getDomain(sendingDomain, PRIVATE_TOO)];
  return {
    organisationalDomain: own,
    sendingOrganisationalDomain: sending,
    isAligned: own !== null && own === sending,
  };
}
