import { Tokenizer } from 'htmlparser2';

export interface HtmlAttribute {
  /** In lower case. */
  name: string;
  /** Of the value, quotes left out. */
  start: number;
  end: number;
}

export interface HtmlTag {
  /** In lower case. */
  name: string;
  start: number;
  /** Behind it: where what it holds begins. */
  end: number;
  attributes: readonly HtmlAttribute[];
  /** Within a conditional comment, which only Outlook reads. */
  isForOutlook: boolean;
}

/** `[if mso]>…<![endif]`: what only Outlook reads. */
const CONDITIONAL = /^\s*\[if [^\]]*\]>/i;
/** Outlook reads no comment within its comment. */
const DEEPEST = 1;

/** The opening tags of a text in HTML, well-formed or not, in order. Scripts and styles have none. */
export function tagsIn(html: string): HtmlTag[] {
  return tagsBetween(html, { start: 0, end: html.length, depth: 0 });
}

function tagsBetween(html: string, part: { start: number; end: number; depth: number }): HtmlTag[] {
  const tags: HtmlTag[] = [];
  const at = (offset: number) => offset + part.start;
  const isForOutlook = part.depth > 0;
  let attributes: HtmlAttribute[] = [];
  let name: { start: number; end: number } | undefined;
  let value: { start: number; end: number } | undefined;
  const nothing = () => undefined;
  const endsAt = (end: number) => void (tags.at(-1)!.end = at(end) + 1);
  const reader = {
    onopentagname(start: number, end: number) {
      attributes = [];
      const tagName = html.slice(at(start), at(end)).toLowerCase();
      tags.push({ name: tagName, start: at(start) - 1, end: at(end), attributes, isForOutlook });
    },
    onattribname(start: number, end: number) {
      name = { start: at(start), end: at(end) };
      value = undefined;
    },
    onattribdata(start: number, end: number) {
      value = { start: value?.start ?? at(start), end: at(end) };
    },
    onattribend() {
      if (name && value) attributes.push({ name: html.slice(name.start, name.end).toLowerCase(), ...value });
      name = undefined;
    },
    onopentagend: (end: number) => endsAt(end),
    onselfclosingtag: (end: number) => endsAt(end),
    oncomment(start: number, end: number, dashes: number) {
      const [opening] = CONDITIONAL.exec(html.slice(at(start), at(end - dashes))) ?? [];
      if (opening === undefined || part.depth >= DEEPEST) return;
      const inner = { start: at(start) + opening.length, end: at(end - dashes), depth: part.depth + 1 };
      tags.push(...tagsBetween(html, inner));
    },
    ...{ onattribentity: nothing, ontextentity: nothing, ontext: nothing, onclosetag: nothing, onend: nothing },
    ...{ oncdata: nothing, ondeclaration: nothing, onprocessinginstruction: nothing },
  };
  // Entities are left as they stand: their offsets are wanted.
  const tokenizer = new Tokenizer({ decodeEntities: false }, reader);
  tokenizer.write(html.slice(part.start, part.end));
  tokenizer.end();
  return tags;
}
