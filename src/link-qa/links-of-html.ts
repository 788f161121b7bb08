import { Parser } from 'htmlparser2';

/** A link as it stands in a template. */
export interface TemplateLink {
  href: string;
  line: number;
  /** What a reader sees of it, or the text of its picture. */
  text: string;
  /** Its data-cio-tag, by which Customer.io groups links. */
  tag: string | null;
}

/** Liquid may hold quotes and angle brackets: it is set aside while HTML is read. */
const LIQUID = /\{\{.*?\}\}|\{%.*?%\}/gs;
const OPEN = '\ue000';
const CLOSE = '\ue001';
const MSO = /^\[if[^\]]*\]>(.*)<!\[endif\]$/s;
const MOST_TEXT = 80;

/** The links of a template in HTML with Liquid, in order; those for Outlook in conditional comments, too. */
export function linksOfHtml(html: string, values: Readonly<Record<string, string>> = {}): TemplateLink[] {
  const aside: string[] = [];
  const text = html.replace(LIQUID, (expression) => {
    const value = valueOf(expression, values);
    if (value !== undefined) return escapeQuotes(value);
    aside.push(expression);
    // As many lines as there were, so that the others keep their numbers.
    return `${OPEN}${aside.length - 1}${CLOSE}${'\n'.repeat(expression.split('\n').length - 1)}`;
  });
  const restore = (part: string): string =>
    part.replace(new RegExp(`${OPEN}(\\d+)${CLOSE}\n*`, 'g'), (_, index: string) => aside[Number(index)]!);
  return read(text, 1).map((link) => ({
    ...link,
    href: restore(link.href),
    text: restore(link.text),
    tag: link.tag && restore(link.tag),
  }));
}

/** `{{ name }}`, also with filters, is the value that was given for it. */
function valueOf(expression: string, values: Readonly<Record<string, string>>): string | undefined {
  const name = /^\{\{-?\s*([\w.]+)\s*(?:\|.*)?-?\}\}$/s.exec(expression)?.[1];
  return name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

function escapeQuotes(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('<', '&lt;');
}

function read(html: string, firstLine: number): TemplateLink[] {
  const lineAt = lineCounter(html, firstLine);
  const links: TemplateLink[] = [];
  let current: TemplateLink | undefined;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'img' && current) current.text += attributes.alt ?? '';
      // VML's shapes are links, too: Outlook's buttons are made of them.
      const isLink = name === 'a' || name === 'area' || name.startsWith('v:');
      if (!isLink || attributes.href === undefined) return;
      const link = {
        ...{ href: attributes.href, line: lineAt(parser.startIndex) },
        ...{ text: attributes.alt ?? '', tag: attributes['data-cio-tag'] ?? null },
      };
      links.push(link);
      if (name !== 'area') current = link;
    },
    ontext(text) {
      if (current) current.text += text;
    },
    onclosetag(name) {
      if (name === 'a' || name.startsWith('v:')) current = undefined;
    },
    oncomment(comment) {
      const conditional = MSO.exec(comment.trim())?.[1];
      if (conditional !== undefined) links.push(...read(conditional, lineAt(parser.startIndex)));
    },
  });
  parser.end(html);
  return links.map((link) => ({ ...link, text: link.text.replace(/\s+/g, ' ').trim().slice(0, MOST_TEXT) }));
}

function lineCounter(text: string, firstLine: number): (index: number) => number {
  let [at, line] = [0, firstLine];
  return (index) => {
    for (; at < index; at++) if (text[at] === '\n') line += 1;
    return line;
  };
}
