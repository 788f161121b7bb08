import { findLinks } from '../templates/find-links.js';
import { privatePlace } from '../templates/private-place.js';
import type { TemplateFormat } from '../templates/template-link.js';
import { lintUrl, type UrlLint } from './lint-url.js';
import type { UtmSchema } from './utm-schema.js';

/** A link of a template, with what is wrong with it. */
export interface TemplateLinkLint extends UrlLint {
  line: number;
  column: number;
  element: string | null;
}

/**
 * The links of a template that name a host of the schema. Not those whose host is known only when the message is sent, nor
 * those that are not tracked: marked so, or leading out of a list or into an account.
 */
export function lintTemplate(
  schema: UtmSchema,
  text: string,
  format: TemplateFormat,
  channel: string | null,
): TemplateLinkLint[] {
  return findLinks(text, format)
    .filter(({ href, liquid, isUntracked }) => !isUntracked && ['none', 'part'].includes(liquid) && isCounted(href))
    .map(({ href, line, column, element }) => ({ line, column, element, ...lintUrl(schema, href, channel) }));
}

function isCounted(href: string): boolean {
  return /^https?:\/\//i.test(href) && !(URL.canParse(href) && privatePlace(new URL(href)));
}
