import { findLinks } from '../templates/find-links.js';
import { replaced } from '../templates/liquid.js';
import type { TemplateFormat, TemplateLink } from '../templates/template-link.js';
import { leftAlone, type LeftReason } from './left-alone.js';

/** A link of a template, and why it is left as it is; undefined where it is to be tracked. */
export interface PlannedLink extends TemplateLink {
  left: LeftReason | undefined;
}

/** What is to become of each link of a template. */
export function planLinks(text: string, format: TemplateFormat, linkHosts: ReadonlySet<string>): PlannedLink[] {
  return findLinks(text, format).map((link) => ({ ...link, left: leftAlone(link, linkHosts) }));
}

/**
 * The template with its links led elsewhere, byte for byte as it was in between: the source is spliced, never written anew.
 * Links with the same destination get the same URL, so that Outlook's button and everybody else's lead to one link.
 */
export function rewriteLinks(
  text: string,
  links: readonly PlannedLink[],
  urlOf: (href: string) => string | undefined,
): string {
  const changed = links.filter(({ left, href }) => left === undefined && urlOf(href) !== undefined);
  return replaced(text, changed, ({ href, place }) => {
    const url = urlOf(href)!;
    return place === 'text' ? url : escaped(url);
  });
}

function escaped(url: string): string {
  return url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll(' ', '%20');
}
