const LONGEST_TEXT = 500;
const MOST_PARAMETERS = 50;
const LONGEST_NAME = 100;
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

/** Of these, what rules do ask for: how old somebody is, when to congratulate. */
const BIRTHDAY_NAME = /^(birth.*|dob)$/i;

/** Under these, too, people say who they are. */
const PERSONAL_TRAIT = /^(user_?name|avatar|website|description|title|nick_?name)$/i;

const DEEPEST_TREE = 5;
const MOST_ENTRIES = 100;

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

/**
 * An object that a sender filled freely, as properties: nested ones, too, but nothing under a name that looks personal and
 * no text that may be an email address. At most 100 entries an object or list, 5 levels.
 */
export function keptTree(object: Readonly<Record<string, unknown>>, levels = DEEPEST_TREE): Record<string, unknown> {
  return keptObject(object, levels, (name) => PERSONAL_NAME.test(name));
}

/** The same for what is said about a person: as attributes, birthdays included. */
export function keptTraits(traits: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return keptObject(traits, DEEPEST_TREE, isPersonalTrait);
}

function isPersonalTrait(name: string): boolean {
  return (PERSONAL_NAME.test(name) && !BIRTHDAY_NAME.test(name)) || PERSONAL_TRAIT.test(name);
}

function keptObject(
  object: Readonly<Record<string, unknown>>,
  levels: number,
  isPersonal: (name: string) => boolean,
): Record<string, unknown> {
  const kept: [string, unknown][] = [];
  for (const name of Object.keys(object)) {
    if (kept.length === MOST_ENTRIES) break;
    const isNamed = name.length > 0 && name.length <= LONGEST_NAME && !holdsAddress(name) && !isPersonal(name);
    const value = isNamed ? keptValue(object[name], levels - 1, isPersonal) : undefined;
    if (value !== undefined) kept.push([cleanText(name), value]);
  }
  return propertiesOf(kept);
}

function keptValue(value: unknown, levels: number, isPersonal: (name: string) => boolean): unknown {
  if (value === null) return null;
  if (typeof value !== 'object') return keptScalar(value);
  if (levels === 0) return undefined;
  if (!Array.isArray(value)) return keptObject(value as Record<string, unknown>, levels, isPersonal);
  return value.slice(0, MOST_ENTRIES).flatMap((one) => {
    const kept = keptValue(one, levels - 1, isPersonal);
    return kept === undefined ? [] : [kept];
  });
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
