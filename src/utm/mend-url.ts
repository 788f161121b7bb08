import { queryRange } from './query-pairs.js';
import type { UtmFinding, UtmPair } from './utm-finding.js';
import type { Rules } from './utm-schema.js';

/**
 * A link with every suggestion followed, all else byte for byte as it was: names and values respelled in their places,
 * repetitions and optional parameters without a value taken out, what is missing and has one right value appended. Null
 * where that changes nothing.
 */
export function mendedUrl(
  url: string,
  masked: string,
  pairs: readonly UtmPair[],
  findings: readonly UtmFinding[],
  rules: Rules,
): string | null {
  const range = queryRange(masked);
  const kept = range ? mendedPairs(url, range, pairs, findings, rules) : [];
  const missing = findings.filter(({ kind, suggestion }) => kind === 'missing' && suggestion !== null);
  const all = [...kept, ...missing.map(({ key, suggestion }) => `${key}=${encodeURIComponent(suggestion!)}`)];
  const before = range ? range.start - 1 : masked.includes('#') ? masked.indexOf('#') : url.length;
  const after = range ? range.end : before;
  const mended = `${url.slice(0, before)}${all.length > 0 ? `?${all.join('&')}` : ''}${url.slice(after)}`;
  return mended === url ? null : mended;
}

function mendedPairs(
  url: string,
  range: { start: number; end: number },
  pairs: readonly UtmPair[],
  findings: readonly UtmFinding[],
  rules: Rules,
): string[] {
  const edges = new Map(pairs.map((pair) => [pair.start, pair]));
  const texts: string[] = [];
  let at = range.start;
  while (at <= range.end) {
    const pair = edges.get(at);
    const end = pair?.end ?? endOfPiece(at, range.end, edges);
    const text = pair ? mendedPair(url, pair, findings, rules) : url.slice(at, end);
    if (text !== undefined) texts.push(text);
    at = end + 1;
  }
  return texts;
}

/** What is no UTM parameter goes up to the next one. */
function endOfPiece(start: number, end: number, edges: ReadonlyMap<number, UtmPair>): number {
  const next = [...edges.keys()].filter((at) => at > start);
  return next.length === 0 ? end : Math.min(...next) - 1;
}

/** Undefined where the parameter is better left out. */
function mendedPair(url: string, pair: UtmPair, findings: readonly UtmFinding[], rules: Rules): string | undefined {
  const own = findings.filter(({ offset }) => offset === pair.start);
  if (own.some(({ kind }) => kind === 'repeated')) return undefined;
  const suggestion =
    own.find(({ kind, suggestion: one }) => kind !== 'key-spelling' && one !== null)?.suggestion ?? null;
  const isEmpty = own.some(({ kind }) => kind === 'empty');
  if (isEmpty && suggestion === null)
    return rules.get(pair.key)?.isRequired ? url.slice(pair.start, pair.end) : undefined;
  const isRespelled = own.some(({ kind }) => kind === 'key-spelling');
  if (!isRespelled && suggestion === null) return url.slice(pair.start, pair.end);
  const raw = url.slice(pair.start, pair.end);
  const equals = raw.indexOf('=');
  const value = suggestion === null ? raw.slice(equals + 1) : encodeURIComponent(suggestion);
  return `${pair.key}=${equals < 0 && suggestion === null ? '' : value}`;
}
