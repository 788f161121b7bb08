import { Parser } from 'htmlparser2';

/** What a page says of itself that a link check can use. */
export interface PageFacts {
  title: string;
  heading: string;
  /** Characters that a reader would see. */
  textLength: number;
  hasPasswordField: boolean;
  metaRefresh: { seconds: number; url: string } | null;
  /** Where a script sends the reader on; an empty text where that is not written out. */
  scriptRedirect: string | null;
  /** There is little to read and a script, which may well lead on. */
  isBareScript: boolean;
  isWhole: boolean;
}

/** Longest texts kept, and the script that is looked at. */
const MOST_TEXT = 200;
const MOST_SCRIPT = 100_000;

/** What only a bare page does as soon as it is there; a page with something to read may have a reason to. */
const BARE_PAGE = 300;

const TARGET = String.raw`(?:["'\x60]([^"'\x60\n]{1,2048})["'\x60])?`;
const ASSIGNED = new RegExp(
  String.raw`(?:^|[^.\w])(?:(?:window|document|self|top|parent)\s*\.\s*)*location(?:\s*\.\s*href)?\s*=(?!=)\s*${TARGET}`,
);
const CALLED = new RegExp(
  String.raw`(?:^|[^.\w])(?:(?:window|document|self|top|parent)\s*\.\s*)*location\s*\.\s*(?:replace|assign)\s*\(\s*${TARGET}`,
);

/** Reads a page, or what there is of it. */
export function readPage(html: string, isWhole: boolean): PageFacts {
  const seen = { title: '', heading: '', text: 0, script: '', hasScript: false, hasPasswordField: false, refresh: '' };
  const open: string[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      open.push(name);
      if (name === 'script') seen.hasScript = true;
      if (name === 'input' && attributes.type?.toLowerCase() === 'password') seen.hasPasswordField = true;
      if (name === 'meta' && attributes['http-equiv']?.toLowerCase() === 'refresh')
        seen.refresh ||= attributes.content ?? '';
    },
    ontext(text) {
      const within = open.at(-1);
      if (within === 'script') seen.script = (seen.script + text).slice(0, MOST_SCRIPT);
      else if (within === 'title') seen.title = (seen.title + text).slice(0, MOST_TEXT);
      else if (within !== 'style' && !open.includes('noscript')) {
        if (open.includes('h1')) seen.heading = (seen.heading + text).slice(0, MOST_TEXT);
        seen.text += text.replace(/\s+/g, ' ').trim().length;
      }
    },
    onclosetag() {
      open.pop();
    },
  });
  parser.end(html);
  return {
    title: seen.title.replace(/\s+/g, ' ').trim(),
    heading: seen.heading.replace(/\s+/g, ' ').trim(),
    textLength: seen.text,
    hasPasswordField: seen.hasPasswordField,
    metaRefresh: readRefresh(seen.refresh),
    scriptRedirect: seen.text < BARE_PAGE ? scriptRedirectIn(seen.script) : null,
    isBareScript: seen.text < BARE_PAGE && seen.hasScript,
    isWhole,
  };
}

/** "5; url=/next", as headers and pages say it; one without an address only loads the page again. */
export function readRefresh(content: string): PageFacts['metaRefresh'] {
  const found = /^\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?(?:"([^"]+)"|'([^']+)'|(\S.*?))\s*$/is.exec(content);
  if (!found) return null;
  return { seconds: Number(found[1]), url: (found[2] ?? found[3] ?? found[4] ?? '').trim() };
}

function scriptRedirectIn(script: string): string | null {
  const found = CALLED.exec(script) ?? ASSIGNED.exec(script);
  return found ? (found[1] ?? '') : null;
}
