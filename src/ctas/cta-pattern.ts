/** Which links a CTA is found in. Everything given must hold; the URL's other parts are free. */
export interface CtaPattern {
  /** Exact, or `*.example.com` for every subdomain; compared in lower case. */
  host?: string;
  /** In which `*` stands for any run of characters. */
  path?: string;
  /** Query parameters and their exact values. */
  query?: Record<string, string>;
}

export interface CtaDefinition {
  key: string;
  patterns: readonly CtaPattern[];
}

/** Finds the CTA of a link. */
export type CtaClassifier = (href: string) => string | undefined;

interface CompiledPattern {
  cta: string;
  specificity: number;
  matches(url: URL): boolean;
}

/**
 * Compiles a catalogue. Of several patterns that match a link the most specific wins: one that names more query
 * parameters, then the longer path, then the longer host; among equals the CTA whose key comes first.
 */
export function compileCatalogue(ctas: readonly CtaDefinition[]): CtaClassifier {
  const patterns = ctas
    .flatMap((cta) => cta.patterns.map((pattern) => compilePattern(cta.key, pattern)))
    .sort((a, b) => b.specificity - a.specificity || (a.cta < b.cta ? -1 : 1));
  return (href) => {
    const url = URL.canParse(href) ? new URL(href) : undefined;
    return url && patterns.find((pattern) => pattern.matches(url))?.cta;
  };
}

function compilePattern(cta: string, pattern: CtaPattern): CompiledPattern {
  const host = pattern.host?.toLowerCase();
  const path = pattern.path;
  const query = Object.entries(pattern.query ?? {});
  return {
    cta,
    specificity: query.length * 1_000_000 + literalLength(path) * 1_000 + literalLength(host),
    matches: (url) =>
      (host === undefined || hostMatches(host, url.hostname.toLowerCase())) &&
      (path === undefined || globMatches(path, url.pathname)) &&
      query.every(([name, value]) => url.searchParams.get(name) === value),
  };
}

function literalLength(glob: string | undefined): number {
  return glob?.replaceAll('*', '').length ?? 0;
}

function hostMatches(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

/** Without regular expressions, so that no pattern can be slow: each literal piece is looked for once, left to right. */
function globMatches(glob: string, text: string): boolean {
  const [first, ...rest] = glob.split('*') as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return text === glob;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}
