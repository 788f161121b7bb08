import { findLinks } from '../templates/find-links.js';
import type { TemplateFormat } from '../templates/template-link.js';
import { escapeHtml } from '../platform/escape-html.js';
import type { QaLink } from './qa-report.js';

/** `{{ name }}`, also with filters. */
const PRINTED = /\{\{-?\s*([\w.]+)\s*(?:\|[^{}]*)?-?\}\}/g;

interface TemplateSource {
  /** What the reader of a report knows it by, such as the name of its file. */
  source: string;
  text: string;
  format?: TemplateFormat;
  /** What names of Liquid stand for; without it the address of a link is not known before it is sent. */
  values?: Readonly<Record<string, string>>;
}

/** The links of a template, in order, each with the line in which it stands. */
export function linksOfTemplate({ source, text, format = 'html', values = {} }: TemplateSource): QaLink[] {
  const escape = format === 'html' ? escapeHtml : (value: string) => value;
  const filled = text.replace(PRINTED, (expression, name: string) =>
    // On one line, so that the others keep their numbers.
    Object.hasOwn(values, name) ? escape(values[name]!.replace(/[\r\n]+/g, ' ')) : expression,
  );
  return findLinks(filled, format).map(({ href, raw, line, text: shown, tag }) => ({
    ...{ url: href === '' && raw !== '' ? raw : href, cta: tag },
    places: [{ source, line, ...(shown !== '' && { text: shown }) }],
  }));
}
