import { decodeHTML, decodeHTMLAttribute } from 'entities';
import { LinkifyIt } from 'linkify-it';
import { tagsIn, type HtmlTag } from './attributes-in-html.js';
import {
  firstAfter,
  goesOnAt,
  liquidPlace,
  maskLiquid,
  replaced,
  type LiquidChunk,
  type MaskedTemplate,
} from './liquid.js';
import { Positions, type TemplateFormat, type TemplateLink } from './template-link.js';

/** The links of a template, in order of where they stand. Links of images, styles, scripts and forms are none. */
export function findLinks(text: string, format: TemplateFormat): TemplateLink[] {
  const template: Template = { text, ...maskLiquid(text), positions: new Positions(text) };
  const found = format === 'html' ? linksInHtml(template) : linksInText(template);
  return [...found, ...linkTags(template)].sort((a, b) => a.start - b.start);
}

interface Template extends MaskedTemplate {
  text: string;
  positions: Positions;
}

/** Links lead from these; Outlook's buttons are shapes of VML, and MJML has its own. */
function isLinkElement(name: string): boolean {
  return name === 'a' || name === 'area' || name.startsWith('v:') || (name.startsWith('mj-') && name !== 'mj-font');
}

function linksInHtml(template: Template): TemplateLink[] {
  const linking = tagsIn(template.masked).filter(({ name }) => isLinkElement(name));
  return linking.flatMap((tag) => {
    const hrefs = tag.attributes.filter(({ name }) => name === 'href');
    if (hrefs.length === 0) return [];
    const more = traitsOf(template.text, tag);
    return hrefs.flatMap(({ start, end }) =>
      (alternatives(template, { start, end }) ?? [trimmed(template.text, start, end)]).map((piece) =>
        linkAt(template, piece.start, piece.end, more),
      ),
    );
  });
}

type Traits = Pick<TemplateLink, 'place' | 'element' | 'tag' | 'text' | 'isUntracked'>;

function traitsOf(text: string, tag: HtmlTag): Traits {
  const all = (name: string) =>
    tag.attributes
      .filter((one) => one.name === name)
      .map(({ start, end }) => decodeHTMLAttribute(text.slice(start, end)));
  const of = (name: string) => all(name)[0];
  return {
    place: tag.isForOutlook ? 'outlook' : 'html',
    element: tag.name,
    tag: of('data-cio-tag')?.trim() || null,
    text: words(of('alt') ?? textWithin(text, tag)),
    // Liquid may give it to some readers: then it is none of ours for anybody.
    isUntracked: /(?<![\w-])untracked(?![\w-])/.test(all('class').join(' ')),
  };
}

const MOST_TEXT = 80;
const MOST_LOOKED_AT = 2_000;

/** What stands between a tag and its end, with the texts of pictures; empty where it has no end nearby. */
function textWithin(text: string, { name, end }: HtmlTag): string {
  const within = text.slice(end, end + MOST_LOOKED_AT);
  const length = within.toLowerCase().indexOf(`</${name}`);
  const pictured = within.slice(0, Math.max(0, length)).replace(/<img\s[^>]*?\balt=(["'])(.*?)\1[^>]*>/gis, ' $2 ');
  return decodeHTML(pictured.replace(/<[^>]*>/g, ' '));
}

function words(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MOST_TEXT);
}

/** Of `{% if a %}https://…{% else %}https://…{% endif %}` each URL; undefined where the value is of another form. */
function alternatives({ text, chunks }: Template, { start, end }: { start: number; end: number }) {
  const within: LiquidChunk[] = [];
  for (let index = firstAfter(chunks, start); index < chunks.length && chunks[index]!.end <= end; index++) {
    within.push(chunks[index]!);
  }
  if (within.length === 0 || within.some(({ tag }) => tag === undefined)) return undefined;
  const edges = [start, ...within.flatMap((chunk) => [chunk.start, chunk.end]), end];
  const pieces: { start: number; end: number }[] = [];
  for (let index = 0; index < edges.length; index += 2) {
    const piece = trimmed(text, edges[index]!, edges[index + 1]!);
    if (piece.start < piece.end) pieces.push(piece);
  }
  const areWhole = pieces.every((piece) => {
    const isUrl = /^https?:\/\/\S+$/i.test(text.slice(piece.start, piece.end));
    return isUrl && !goesOnAt(text.slice(0, end), piece.end, within);
  });
  return areWhole && pieces.length > 0 ? pieces : undefined;
}

function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  const piece = text.slice(start, end);
  const before = piece.length - piece.trimStart().length;
  return { start: start + before, end: start + before + piece.trim().length };
}

function linkAt({ text, chunks, positions }: Template, start: number, end: number, more: Traits): TemplateLink {
  const raw = text.slice(start, end);
  return {
    ...{ start, end, ...positions.of(start), raw },
    href: (more.place === 'text' ? raw : decodeHTMLAttribute(raw)).trim(),
    liquid: liquidPlace(text, start, end, chunks),
    ...more,
  };
}

/** Only what begins with http:// or https://: a bare name in a text may be anything. */
const IN_TEXT = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
  .add('ftp:', null)
  .add('mailto:', null)
  .add('//', null);

const OF_TEXT = { place: 'text', element: null, tag: null, text: '', isUntracked: false } as const;

function linksInText(template: Template): TemplateLink[] {
  const { text, chunks } = template;
  // A quotation mark ends a URL, as it does in JSON.
  const masked = withoutTags(template.masked, chunks).replaceAll('"', ' ');
  const found = (IN_TEXT.match(masked) ?? []).flatMap(({ index, lastIndex }) => enumerated(masked, index, lastIndex));
  return found.map(({ index, lastIndex }) => {
    if (!goesOnAt(text, lastIndex, chunks)) return linkAt(template, index, lastIndex, OF_TEXT);
    // A tag stands within the URL: what follows belongs to it, up to the next space.
    const rest = /^[^\s"<>]*/.exec(template.masked.slice(lastIndex))![0];
    return linkAt(template, index, lastIndex + rest.length, OF_TEXT);
  });
}

/** A comma or semicolon before another address ends a URL, unless its query is a list of addresses itself. */
function enumerated(text: string, index: number, lastIndex: number): { index: number; lastIndex: number }[] {
  const next = text.slice(index, lastIndex).search(/[,;]https?:\/\//i);
  const isWithin = next < 0 || text.slice(index, index + next).lastIndexOf('://') > text.slice(index).indexOf('://');
  if (isWithin) return [{ index, lastIndex }];
  return [{ index, lastIndex: index + next }, ...enumerated(text, index + next + 1, lastIndex)];
}

/** Tags such as `{% endif %}` print nothing: a URL in a text ends there. */
function withoutTags(masked: string, chunks: readonly LiquidChunk[]): string {
  const tags = chunks.filter(({ tag }) => tag !== undefined);
  return replaced(masked, tags, ({ start, end }) => ' '.repeat(end - start));
}

/** `{% cio_link url:'https://…' %}`: Customer.io makes a link of it when it sends the message. */
function linkTags({ text, chunks, positions }: Template): TemplateLink[] {
  return chunks
    .filter(({ tag }) => tag === 'cio_link')
    .map(({ start, end }) => {
      const raw = text.slice(start, end);
      const [, , url = ''] = /\burl:\s*(["'])(.*?)\1/.exec(raw) ?? [];
      return {
        ...{ start, end, ...positions.of(start), raw, href: url, liquid: 'whole', place: 'liquid tag' },
        ...{ element: null, tag: null, text: '', isUntracked: false },
      } satisfies TemplateLink;
    });
}
