const LONGEST_TEXT = 500;
const MOST_PARAMETERS = 50;
const SAFE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** Names under which senders put who somebody is. Rules have no need of them. */
const PERSONAL_NAME = new RegExp(
  [
    'e-?mail|phone|address|surname',
    '^((first|last|full|given|family|middle|customer|recipient|sender|shipping|billing)[_.-]?)?name$',
    '^[fl]name$',
    '^(recipient|tel|mobile|msisdn|street|city|zip|postcode|dob|birth.*)$',
  ].join('|'),
  'i',
);

/** Text that PostgreSQL's jsonb can hold: NULs and lone surrogates become U+FFFD. Cut to `longest` characters. */
export function cleanText(text: string, longest = LONGEST_TEXT): string {
  return text.slice(0, longest).toWellFormed().replaceAll('\0', '\uFFFD');
}

/** A value that may be a property, cleaned; undefined for objects, lists, nothing, and whatever may be an email address. */
export function keptScalar(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return holdsAddress(value) ? undefined : cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

/**
 * Of names and texts that a marketer or a shop chose freely (the query of a link, the attributes of an order) those that
 * may be properties: with plain names that don't look personal, without email addresses, at most 50, the first of each.
 */
export function keptParameters(parameters: Iterable<readonly [string, string]>): Map<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (kept.size === MOST_PARAMETERS) break;
    if (kept.has(name) || !SAFE_NAME.test(name) || PERSONAL_NAME.test(name) || holdsAddress(value)) continue;
    kept.set(name, cleanText(value));
  }
  return kept;
}

/** The parameters of a link's query; of relative links and of schemes like `shop://`, too. */
export function queryOf(href: string): URLSearchParams {
  const [link] = href.split('#', 1) as [string];
  const start = link.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : link.slice(start + 1));
}

/** An object of the defined entries, the last of each name. `__proto__` becomes a name like any other. */
export function propertiesOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...entries].filter(([, value]) => value !== undefined));
}

function holdsAddress(text: string): boolean {
  return /@|%40/.test(text);
}
