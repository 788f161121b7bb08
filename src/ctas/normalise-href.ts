/** A link as patterns see it: what differs between two spellings of one link is gone. */
export interface Link {
  /** The whole of it, for showing and grouping. */
  href: string;
  /** Lower case, without a port; empty where the link has none. */
  host: string;
  /** Never ends in a slash, but for `/` itself. */
  path: string;
  /** The first value of each parameter; names of UTM parameters in lower case. */
  query: ReadonlyMap<string, string>;
}

/** What advertisers and mail services add to tell one click from another: it never tells what a link calls to. */
const TRACKING_PARAMETERS = new Set(
  (
    '_branch_match_id _branch_referrer _cio_id _ga _gac _gl _hsenc _hsmi _ke _kx _openstat cio_id ck_subscriber_id dclid ' +
    'dm_i ef_id epik fb_action_ids fb_action_types fb_source fbclid gad_campaignid gad_source gbraid gclid gclsrc ' +
    'hsctatracking igsh igshid irclickid li_fat_id mc_cid mc_eid mkt_tok ml_subscriber ml_subscriber_hash msclkid ' +
    'mtm_cid oly_anon_id oly_enc_id rb_clickid s_cid sccid srsltid ttclid twclid vero_conv vero_id wbraid wickedid ' +
    'yclid ymclid'
  ).split(' '),
);

/** `UTM_Source`, `utm-source` and, from a careless template, `amp;utm_source`. */
const UTM_SPELLING = /^utm[_-]\w/i;

/** Whether a query parameter is taken out of links before they are compared. */
export function isTrackingParameter(name: string): boolean {
  return TRACKING_PARAMETERS.has(name.toLowerCase());
}

/** The one spelling of a parameter's name: names are case-sensitive, but for those of UTM parameters. */
export function parameterName(name: string): string {
  const plain = name.startsWith('amp;') ? name.slice(4) : name;
  return UTM_SPELLING.test(plain) ? plain.toLowerCase().replaceAll('-', '_') : plain;
}

/** The one spelling of a path, or of a piece of one: what needn't be percent-encoded isn't, the rest is in upper case. */
export function pathSpelling(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\x21-\x7e]+|["<>^`{|}\\]/g, (text) => (text === '\\' ? '/' : encodeURIComponent(text)))
    .replace(/%[0-9a-f]{2}/gi, (code) => {
      const character = String.fromCharCode(parseInt(code.slice(1), 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : code.toUpperCase();
    });
}

export function withoutTrailingSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}

/** Reads a link; undefined for what is none. One that names a host and no scheme is read as the browser's bar would. */
export function normaliseHref(text: string): Link | undefined {
  const url = parse(text.trim());
  if (!url) return undefined;
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  const path = withoutTrailingSlash(pathSpelling(url.pathname)) || '/';
  const query = queryOf(url.searchParams);
  const scheme = url.protocol === 'http:' ? 'https:' : url.protocol.toLowerCase();
  const place = host === '' ? '' : `//${host}${url.port && `:${url.port}`}`;
  const search = query.size === 0 ? '' : `?${new URLSearchParams([...query]).toString()}`;
  return { href: `${scheme}${place}${path}${search}`, host, path, query };
}

function parse(text: string): URL | undefined {
  if (/^[\w-]+(\.[\w-]+)+(:\d+)?([/?#]|$)/.test(text)) return parse(`https://${text}`);
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** In order of name, so that the order in the link makes no difference. */
function queryOf(parameters: URLSearchParams): Map<string, string> {
  const first = new Map<string, string>();
  for (const [spelling, value] of parameters) {
    const name = parameterName(spelling);
    if (name !== '' && !first.has(name) && !isTrackingParameter(name)) first.set(name, value);
  }
  return new Map([...first].sort(([a], [b]) => (a < b ? -1 : 1)));
}
