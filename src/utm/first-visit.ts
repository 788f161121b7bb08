import type { Instant } from '../core/instant.js';
import { normaliseHref, parameterName, pathSpelling, withoutTrailingSlash } from '../ctas/normalise-href.js';

/** Something that happened after a click on a link of ours: another such click, or what tells how a visit began. */
export interface Afterwards {
  at: Instant;
  isClick: boolean;
  path: string | null;
  utm: Readonly<Record<string, string>> | null;
}

/**
 * The UTM values of the first visit after a click that began on the page that the link leads to; undefined where none is
 * known. What comes after another click is that one's.
 */
export function firstVisit(
  landingUrl: string,
  at: Instant,
  afterwards: readonly Afterwards[],
): Map<string, string> | undefined {
  const pages = pagesOf(landingUrl);
  for (const one of afterwards) {
    if (one.isClick && one.at > at) return undefined;
    if (one.isClick || one.path === null || !pages.has(withoutTrailingSlash(pathSpelling(one.path)) || '/')) continue;
    return new Map(Object.entries(one.utm ?? {}).map(([name, value]) => [parameterName(name), value]));
  }
  return undefined;
}

/** Where a visit may be seen to begin: on the page itself, or where a discount link of Shopify's leads on to. */
function pagesOf(landingUrl: string): Set<string> {
  const landing = normaliseHref(landingUrl);
  const next = landing && /^\/discount\//.test(landing.path) ? (landing.query.get('redirect') ?? '/') : undefined;
  const further = next === undefined ? undefined : normaliseHref(new URL(next, landingUrl).href);
  return new Set([landing, further].flatMap((page) => (page ? [page.path] : [])));
}
