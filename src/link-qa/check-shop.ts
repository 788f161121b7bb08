import { decoded } from './decoded.js';
import { finding, type Finding } from './finding.js';
import type { Hop, Walk } from './walk.js';

const DISCOUNT_PATH = /^(?:\/[a-z]{2}(?:-[a-z]{2})?)?\/discount\/([^/]+)\/?$/i;
const CART_PATH = /^(?:\/[a-z]{2}(?:-[a-z]{2})?)?\/cart\/\d+:\d+(?:,\d+:\d+)*\/?$/i;

/** Whether links into a Shopify shop do what they say: a discount is applied and the redirect followed, a cart is filled. */
export function checkShop(walk: Walk): Finding[] {
  return walk.hops
    .flatMap((hop, at) => (hop.status === null ? [] : [...checkDiscount(walk, hop, at), ...checkCart(walk, hop)]))
    .map((one) => ({ ...one, clients: [walk.client] }));
}

function checkDiscount({ hops }: Walk, hop: Hop, at: number): Finding[] {
  const url = new URL(hop.url);
  const code = DISCOUNT_PATH.exec(url.pathname)?.[1];
  if (code === undefined) return [];
  const findings: Finding[] = [];
  const wanted = decoded(code);
  const about = wanted;
  const where = hop.url;
  if (!hops.slice(at).some(({ discount }) => discount?.toLowerCase() === wanted.toLowerCase())) {
    findings.push(finding('discount-not-set', `The discount "${wanted}" is not applied.`, { where, about }));
  }
  const other = url.searchParams.get('discount');
  if (other !== null && other.toLowerCase() !== wanted.toLowerCase()) {
    findings.push(
      finding('discount-ambiguous', `Two discounts are named: "${wanted}" and "${other}".`, { where, about }),
    );
  }
  return [...findings, ...checkDiscountRedirect(url, hop, hops[at + 1])];
}

function checkDiscountRedirect(url: URL, hop: Hop, next: Hop | undefined): Finding[] {
  const redirect = url.searchParams.get('redirect');
  const where = hop.url;
  if (redirect === null) {
    if (next !== undefined && new URL(next.url).pathname !== '/') return [];
    return [finding('discount-goes-home', 'Without "redirect" readers land on the front page.', { where })];
  }
  const target = URL.canParse(redirect, url.href) ? new URL(redirect, url) : undefined;
  const led = hop.leadsTo === null ? undefined : new URL(hop.leadsTo);
  const isFollowed = target !== undefined && led?.pathname === target.pathname && led.host === target.host;
  if (isFollowed) return [];
  return [
    finding('discount-redirect-ignored', 'The shop does not lead to where "redirect" says.', {
      where,
      about: 'redirect',
    }),
  ];
}

function checkCart({ hops }: Walk, hop: Hop): Finding[] {
  if (!CART_PATH.test(new URL(hop.url).pathname)) return [];
  const isFilled = hops.some((one) => one.cookies.includes('cart') || /\/checkouts?\//.test(new URL(one.url).pathname));
  return isFilled ? [] : [finding('cart-not-filled', 'The cart link fills no cart.', { where: hop.url })];
}
