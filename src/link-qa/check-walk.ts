import { getDomain } from 'tldts';
import { checkLength } from './check-address.js';
import { checkPage } from './check-page.js';
import { checkParameters } from './check-parameters.js';
import { checkShop } from './check-shop.js';
import { finding, type Finding } from './finding.js';
import { isHostAmong, type QaSettings } from './qa-settings.js';
import { lastHop, type Hop, type Walk } from './walk.js';

const DAY_MS = 86_400_000;
const TLS_TROUBLE =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|PATH_LENGTH)/;

/** What is said of codes by which connections fail. */
const NO_ANSWER: Readonly<Record<string, string>> = {
  TIMEOUT: 'There was no answer in time.',
  ENOTFOUND: 'The name of the host leads nowhere.',
  EAI_AGAIN: 'The name of the host could not be looked up.',
  ECONNREFUSED: 'The host takes no connections.',
  ECONNRESET: 'The host broke off the connection.',
};

/** All that one client's walk shows, `at` an instant in epoch milliseconds. */
export function checkWalk(walk: Walk, settings: QaSettings, at: number): Finding[] {
  const own = [
    ...checkEnd(walk, settings),
    ...checkPage(walk),
    ...walk.hops.flatMap((hop, index) => checkHop(hop, walk.hops[index - 1], settings, at)),
    ...checkChain(walk, settings),
    ...checkCookies(walk, settings),
  ].map((one): Finding => ({ ...one, clients: [walk.client] }));
  return [...own, ...checkParameters(walk, settings), ...checkShop(walk)];
}

function checkEnd(walk: Walk, settings: QaSettings): Finding[] {
  const { end } = walk;
  const hop = lastHop(walk);
  const where = hop?.url ?? '';
  switch (end.kind) {
    case 'answered':
      return checkHost(hop!, settings);
    case 'no answer':
      return [noAnswer(end.code, where)];
    case 'refused':
      return [
        finding('forbidden-address', `An address that ${inWords(end.problem)} is not asked.`, { where: end.url }),
      ];
    case 'loop':
      return [finding('loop', 'The redirects lead back to where they began.', { where: end.url })];
    case 'too many redirects':
      return [finding('too-many-redirects', `The walk was ended after ${walk.hops.length - 1} redirects.`, { where })];
    case 'bad redirect':
      return [finding('bad-redirect', badRedirect(end.location), { where })];
    case 'left the web':
      return [finding('left-web', `The redirect leads to ${new URL(end.url).protocol}, away from the web.`, { where })];
    case 'out of time':
      return [finding('out-of-time', `The end was not reached within ${settings.walkTimeoutMs / 1000} s.`, { where })];
  }
}

function inWords(problem: string): string {
  return problem.replace(/^the URL /, '').replace(/^the name leads to an address that /, 'leads to one that ');
}

function badRedirect(location: string | null): string {
  return location === null ? 'The redirect does not say where to.' : 'The redirect leads to what is no URL.';
}

function noAnswer(code: string, where: string): Finding {
  if (TLS_TROUBLE.test(code))
    return finding('tls-invalid', `The certificate or TLS is not right (${code}).`, { where });
  return finding('no-answer', NO_ANSWER[code] ?? `The connection failed (${code}).`, { where });
}

function checkHost({ url }: Hop, { expectHosts }: QaSettings): Finding[] {
  const { host, hostname } = new URL(url);
  if (expectHosts.length === 0 || isHostAmong(hostname, expectHosts) || isHostAmong(host, expectHosts)) return [];
  return [finding('wrong-host', `The link ends at ${host}, not at ${expectHosts.join(' or ')}.`, { where: url })];
}

function checkHop(hop: Hop, before: Hop | undefined, settings: QaSettings, at: number): Finding[] {
  const findings: Finding[] = [];
  const where = hop.url;
  const { protocol, host } = new URL(hop.url);
  if (before && before.url.startsWith('https:') && protocol === 'http:') {
    findings.push(finding('https-downgrade', 'The redirect leads from https to http.', { where: before.url }));
  }
  if (before) findings.push(...checkLength(hop.url, settings, where));
  if (hop.status !== null && hop.ms > settings.slowHopMs) {
    findings.push(finding('slow-hop', `The answer took longer than ${settings.slowHopMs / 1000} s.`, { where }));
  }
  if (hop.via === 'script') {
    findings.push(finding('script-redirect', 'A script of the page sends readers on.', { where: before!.url }));
  }
  if (hop.via === 'meta refresh' || hop.via === 'refresh header') {
    findings.push(finding('meta-refresh', `The page sends readers on by a ${hop.via}.`, { where: before!.url }));
  }
  const endsAt = hop.tls?.validTo ? Date.parse(hop.tls.validTo) : undefined;
  if (endsAt !== undefined && endsAt - at < settings.certificateDays * DAY_MS) {
    const says = `The certificate of ${host} ends at ${hop.tls!.validTo}.`;
    findings.push(finding('tls-expiring', says, { where: `${protocol}//${host}`, about: host }));
  }
  return findings;
}

function checkChain({ hops, end }: Walk, { longChain }: QaSettings): Finding[] {
  const redirects = hops.length - 1;
  if (redirects <= longChain || end.kind === 'loop' || end.kind === 'too many redirects') return [];
  return [finding('chain-long', `There are ${redirects} redirects, more than ${longChain}.`, { where: hops[0]!.url })];
}

/** A site is what one owner has registered. The last one's is the destination's. */
function checkCookies({ hops, end }: Walk, { expectHosts }: QaSettings): Finding[] {
  const last = hops.at(-1);
  if (!last || end.kind !== 'answered') return [];
  const home = siteOf(last.url);
  return hops.flatMap(({ url, cookies }) => {
    const { hostname } = new URL(url);
    if (cookies.length === 0 || siteOf(url) === home || isHostAmong(hostname, expectHosts)) return [];
    const says = `${hostname}, on the way, sets cookies: ${[...new Set(cookies)].join(', ')}.`;
    return [finding('third-party-cookies', says, { where: url, about: hostname })];
  });
}

function siteOf(url: string): string {
  const { hostname } = new URL(url);
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}
