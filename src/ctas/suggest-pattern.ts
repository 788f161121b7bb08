import type { CtaPattern } from './cta-pattern.js';
import type { Link } from './normalise-href.js';

/** Links that call to the same thing as far as one can see, and the pattern that would find them. */
export interface LinkShape {
  /** Their common form. Values of parameters are left out, since they may be about one person. */
  shape: string;
  /** Null where nothing tells them from any other link: no host, as of `tel:` and `mailto:`. */
  pattern: CtaPattern | null;
}

/** A piece of a path that tells one thing from another of its kind: a number, a token. */
const SERIAL = /^(\d{3,}|[0-9a-f]{8,}|[0-9a-f-]{32,}|(?=.*\d)[\w-]{20,})$/i;

/** In which form a link stands among those that no pattern matches. `utm_content` names the call itself, so it stays. */
export function shapeOf(link: Link): LinkShape {
  const path = link.path
    .split('/')
    .map((piece) => (SERIAL.test(piece) || piece.includes('@') ? '*' : piece))
    .join('/');
  const content = link.query.get('utm_content');
  const isKept = content !== undefined && content !== '' && !/@|%40/.test(content);
  const [scheme] = link.href.split(':', 1) as [string];
  if (link.host === '') return { shape: `${scheme}:…`, pattern: null };
  const names = [...link.query.keys()].filter((name) => !name.startsWith('utm_')).map((name) => `${name}=…`);
  const search = [...names, ...(isKept ? [`utm_content=${content}`] : [])].join('&');
  return {
    shape: `${scheme}://${link.host}${path}${search === '' ? '' : `?${search}`}`,
    pattern: { host: link.host, path, ...(isKept && { query: { utm_content: content } }) },
  };
}
