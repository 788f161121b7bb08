import { findLinks } from '../templates/find-links.js';
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
 * those that are marked as not to be tracked.
 */
export function lintTemplate(
  schema: UtmSchema,
  text: string,
  format: TemplateFormat,
  channel: string | null,
): TemplateLinkLint[] {
  return findLinks(text, format)
    .filter(({ href, liquid, isUntracked }) => !isUntracked && ['none', 'part'].includes(liquid) && isWebLink(href))
    .map(({ href, line, column, element }) => ({ line, column, element, ...lintUrl(schema, href, channel) }));
}

function isWebLink(href: string): boolean {
  return /^https?:\/\//i.test(href);
}
