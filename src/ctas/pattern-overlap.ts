import { hostMatches, parameterHolds, type CompiledPattern } from './compiled-pattern.js';
import type { ParameterTest } from './cta-pattern.js';
import { textOfBoth } from './glob.js';
import { bySpecificity } from './specificity.js';

/** A click that two patterns both match: where its link stood, if they care, and the link. */
export interface SharedClick {
  url: string;
  message?: string;
  action_id?: string;
  link_id?: string;
  link_tag?: string;
}

/**
 * A click that two patterns both match without either being the more specific, which would leave open what it calls to;
 * undefined if there can be none. Exact: what cannot meet is never said to.
 */
export function tieOf(a: CompiledPattern, b: CompiledPattern): SharedClick | undefined {
  return bySpecificity(a.specificity, b.specificity) === 0 ? sharedClick(a, b) : undefined;
}

export function sharedClick(a: CompiledPattern, b: CompiledPattern): SharedClick | undefined {
  if (!(['message', 'action', 'link', 'tag'] as const).every((part) => isEqualOrFree(a[part], b[part])))
    return undefined;
  const host = sharedHost(a.host, b.host);
  const path = sharedPath(a.path ?? '*', b.path ?? '*');
  const query = sharedQuery(a.query, b.query);
  if (host === undefined || path === undefined || query === undefined) return undefined;
  const [message, action, link, tag] = (['message', 'action', 'link', 'tag'] as const).map(
    (part) => a[part] ?? b[part],
  );
  return {
    url: `https://${host}${path}${query.size === 0 ? '' : `?${new URLSearchParams([...query]).toString()}`}`,
    ...(message !== undefined && { message }),
    ...(action !== undefined && { action_id: action }),
    ...(link !== undefined && { link_id: link }),
    ...(tag !== undefined && { link_tag: tag }),
  };
}

function isEqualOrFree(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

function sharedHost(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return exampleHost(a ?? b ?? 'any.example');
  if (!a.startsWith('*.')) return hostMatches(b, a) ? a : undefined;
  if (!b.startsWith('*.')) return hostMatches(a, b) ? b : undefined;
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return longer.endsWith(shorter.slice(1)) ? exampleHost(longer) : undefined;
}

function exampleHost(pattern: string): string {
  return pattern.startsWith('*.') ? `any${pattern.slice(1)}` : pattern;
}

/** Of normalised links: they begin with a slash and do not end with one. Patterns allow for both. */
function sharedPath(a: string, b: string): string | undefined {
  const text = textOfBoth(a, b);
  if (text === undefined) return undefined;
  const begun = text.startsWith('/') ? text : `/${text}`;
  return begun.length > 1 && begun.endsWith('/') ? `${begun}x` : begun;
}

/** A value for each parameter that either asks for. */
function sharedQuery(a: CompiledPattern['query'], b: CompiledPattern['query']): Map<string, string> | undefined {
  const others = new Map(b);
  const query = new Map<string, string>();
  for (const [name, test] of new Map([...b, ...a])) {
    const value = sharedValue(test, others.get(name) ?? test);
    if (value === undefined) return undefined;
    if (value !== null) query.set(name, value);
  }
  return query;
}

/** Null: none at all. */
function sharedValue(a: ParameterTest, b: ParameterTest): string | null | undefined {
  const candidates = [exampleValue(a), exampleValue(b)];
  return candidates.find((value) => {
    return parameterHolds(a, value ?? undefined) && parameterHolds(b, value ?? undefined);
  });
}

/** The least that passes a test: of two tests that meet, one's least passes the other. */
function exampleValue(test: ParameterTest): string | null {
  if (typeof test === 'string') return test;
  if ('exists' in test) return test.exists ? 'any' : null;
  return test.startsWith;
}
