/** A parameter of a link's query, with where it stands. */
export interface QueryPair {
  /** Decoded. */
  name: string;
  value: string;
  /** Of the whole pair in the link, as it is spelled there. */
  start: number;
  end: number;
}

/** Where a link's query begins and ends: behind the first `?`, up to `#`; undefined where it has none. */
export function queryRange(masked: string): { start: number; end: number } | undefined {
  const hash = masked.indexOf('#');
  const end = hash < 0 ? masked.length : hash;
  const mark = masked.slice(0, end).indexOf('?');
  return mark < 0 ? undefined : { start: mark + 1, end };
}

/** The parameters of a link in order; `masked` is the same link without Liquid, as long. */
export function queryPairs(url: string, masked: string): QueryPair[] {
  const range = queryRange(masked);
  if (!range) return [];
  const pairs: QueryPair[] = [];
  let start = range.start;
  for (const piece of masked.slice(range.start, range.end).split('&')) {
    const end = start + piece.length;
    const equals = piece.indexOf('=');
    const middle = equals < 0 ? end : start + equals;
    if (piece !== '') {
      const value = url.slice(Math.min(middle + 1, end), end);
      pairs.push({ name: decoded(url.slice(start, middle)), value: decoded(value), start, end });
    }
    start = end + 1;
  }
  return pairs;
}

/** As forms encode: a plus is a space. What is not well encoded is left as it is. */
function decoded(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
