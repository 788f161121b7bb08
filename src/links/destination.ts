import { isAllowedHost, isHost } from './hosts.js';

/** Mail programs and proxies cut what is longer. */
export const LONGEST_URL = 1_999;

/** What is wrong with a destination, and what would be right. */
export interface DestinationProblem {
  detail: string;
  expected: string;
}

const HTTPS = /^https:\/\/(?=[A-Za-z0-9])/;
const NOT_PLAIN = /[^\x21-\x7e]|["<>\\`]/;
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i;

/** Parameters by which shops send a visitor on, as in `/discount/CODE?redirect=/cart`. */
const LEADS_ON = new Set(
  'checkout_url continue next redirect redirect_to redirect_uri redirect_url return return_to return_url'.split(' '),
);

/**
 * Whether a link may lead to a URL. It has to be what a browser makes of it already: whatever a browser would first mend (a
 * backslash, a space, a missing slash) is how a filter and a browser come to see different hosts.
 */
export function destinationProblem(url: string, allowedHosts: readonly string[]): DestinationProblem | undefined {
  const spelling = spellingProblem(url);
  if (spelling) return spelling;
  const host = hostOfDestination(url);
  if (!isAllowedHost(host, allowedHosts)) {
    return {
      detail: `${host} is not among the hosts that links of this domain may lead to`,
      expected: listed(allowedHosts),
    };
  }
  return leadsOnTo(url, allowedHosts) ? LEADS_ELSEWHERE : undefined;
}

/** The host of a destination that is spelt rightly. */
export function hostOfDestination(url: string): string {
  return authorityOf(url).toLowerCase();
}

const LEADS_ELSEWHERE: DestinationProblem = {
  detail: 'a parameter of it leads on to a host that is not allowed',
  expected: 'a path such as "redirect=/cart", or an https URL of an allowed host',
};

function spellingProblem(url: string): DestinationProblem | undefined {
  if (url.length > LONGEST_URL) {
    return { detail: `it is ${url.length} characters long`, expected: `at most ${LONGEST_URL}` };
  }
  if (!HTTPS.test(url)) return { detail: 'it does not start with "https://" and a host', expected: EXAMPLE };
  if (NOT_PLAIN.test(url)) {
    const expected =
      'printable ASCII without spaces, quotes, angle brackets, backslashes; anything else percent-encoded';
    return { detail: 'it has characters that stand in no URL', expected };
  }
  if (ENCODED_CONTROL.test(url)) return { detail: 'it has an encoded control character', expected: 'none such as %00' };
  return authorityProblem(url);
}

function authorityProblem(url: string): DestinationProblem | undefined {
  const authority = authorityOf(url);
  if (authority.includes('@')) return { detail: 'a user name or password stands in it', expected: EXAMPLE };
  if (!isHost(authority.toLowerCase())) return { detail: 'its host is no plain host name', expected: EXAMPLE };
  if (url.startsWith('//', 'https://'.length + authority.length)) {
    return { detail: 'its path starts with two slashes', expected: EXAMPLE };
  }
  // What a browser makes of it, asked of the same algorithm.
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isSame = parsed?.protocol === 'https:' && parsed.host === authority.toLowerCase() && parsed.username === '';
  return isSame ? undefined : { detail: 'a browser would read it otherwise', expected: EXAMPLE };
}

const EXAMPLE = 'a URL such as "https://shop.example.com/cart?id=1", without user name and port';

function authorityOf(url: string): string {
  return url.slice('https://'.length).split(/[/?#]/, 1)[0]!;
}

/** Values are looked at as they are and decoded once more, since it is not known how often the shop decodes them. */
function leadsOnTo(url: string, allowedHosts: readonly string[]): boolean {
  if (!url.includes('?')) return false;
  for (const [name, value] of new URL(url).searchParams) {
    if (!LEADS_ON.has(name.toLowerCase())) continue;
    if ([value, decoded(value)].some((target) => !staysWithin(target, url, allowedHosts))) return true;
  }
  return false;
}

function staysWithin(target: string, url: string, allowedHosts: readonly string[]): boolean {
  if (/[\x00-\x20\\\x7f]/.test(target)) return false;
  if (!URL.canParse(target, url)) return false;
  // What reads as a whole URL by itself is one to whoever resolves it against nothing: `https:evil.example`.
  const parsed = URL.canParse(target) ? new URL(target) : new URL(target, url);
  if (parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return false;
  return parsed.host === hostOfDestination(url) || isAllowedHost(parsed.host, allowedHosts);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function listed(hosts: readonly string[]): string {
  return hosts.length === 1 ? hosts[0]! : `one of ${hosts.slice(0, 10).join(', ')}`;
}
