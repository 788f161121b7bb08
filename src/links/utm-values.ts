import { parameterName } from '../ctas/normalise-href.js';

/** All that Google Analytics reads. */
export const UTM_KEYS = [
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'utm_id',
  'utm_source_platform',
  'utm_creative_format',
  'utm_marketing_tactic',
] as const;

export type UtmKey = (typeof UTM_KEYS)[number];
export type UtmValues = Partial<Record<UtmKey, string>>;

const LONGEST_VALUE = 100;

/** What is wrong with UTM values, by key. */
export interface UtmProblem {
  key: string;
  detail: string;
  expected: string;
}

/** What holds under any rules: known keys, values that analytics read whole, and nobody's address. */
export function utmSyntaxProblems(utm: Readonly<Record<string, unknown>>): UtmProblem[] {
  return Object.entries(utm).flatMap(([key, value]) => {
    const problem = keyOrValueProblem(key, value);
    return problem ? [{ key, ...problem }] : [];
  });
}

function keyOrValueProblem(key: string, value: unknown): Omit<UtmProblem, 'key'> | undefined {
  if (!(UTM_KEYS as readonly string[]).includes(key)) {
    return { detail: `"${key}" is no UTM key`, expected: `one of ${UTM_KEYS.join(', ')}` };
  }
  const expected = `a text of 1 to ${LONGEST_VALUE} characters, without control characters and spaces around it`;
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_VALUE) {
    return { detail: 'not a text of that length', expected };
  }
  if (/[\x00-\x1f\x7f]/.test(value) || value.trim() !== value || !value.isWellFormed()) {
    return { detail: 'it has characters that get lost on the way', expected };
  }
  if (value.includes('@')) return { detail: 'it may be an email address', expected: 'nothing personal' };
  return undefined;
}

/** The UTM values that a URL's own query has, whatever their spelling; the first of each key. */
export function utmOf(url: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [spelling, value] of new URLSearchParams(queryIn(url))) {
    const name = parameterName(spelling);
    if (name.startsWith('utm_') && !found.has(name)) found.set(name, value);
  }
  return found;
}

/** A destination with the UTM values that it lacks: its own query stays byte for byte, and the fragment stays last. */
export function landingUrl(destination: string, utm: UtmValues): string {
  const known = utmOf(destination);
  const missing = UTM_KEYS.filter((key) => utm[key] !== undefined && !known.has(key));
  if (missing.length === 0) return destination;
  const added = missing.map((key) => `${key}=${encodeURIComponent(utm[key]!)}`).join('&');
  const hash = destination.indexOf('#');
  const [page, fragment] = hash < 0 ? [destination, ''] : [destination.slice(0, hash), destination.slice(hash)];
  const separator = !page.includes('?') ? '?' : /[?&]$/.test(page) ? '' : '&';
  return `${page}${separator}${added}${fragment}`;
}

function queryIn(url: string): string {
  const [page] = url.split('#', 1) as [string];
  const start = page.indexOf('?');
  return start < 0 ? '' : page.slice(start + 1);
}
