import type { Properties } from '../core/property.js';
import { compilePattern, patternMatches, type CompiledPattern } from './compiled-pattern.js';
import type { CtaDefinition, CtaPattern } from './cta-pattern.js';
import { CONTEXT_PROPERTIES, contextOf, NO_CONTEXT, type MessageContext } from './message-context.js';
import { normaliseHref, type Link } from './normalise-href.js';
import { PatternIndex } from './pattern-index.js';
import { RecentResults } from './recent-results.js';
import { bySpecificity, type Specificity } from './specificity.js';

/** A pattern that a link matches, and whose it is. */
export interface PatternMatch {
  cta: string;
  kind: string | null;
  pattern: CtaPattern;
  specificity: Specificity;
}

/** Which CTA a link is of, and what else it could have been. */
export interface Explanation {
  link: Link | undefined;
  /** The winner first, then by specificity. */
  matches: PatternMatch[];
}

/** The CTA of a click. */
export type CtaOf = Pick<PatternMatch, 'cta' | 'kind'>;

interface RankedPattern extends CompiledPattern, PatternMatch {
  specificity: Specificity;
  /** 0 for the most specific. */
  rank: number;
}

const RECENT = 20_000;
/** Longer ones are worked out each time, so that memory stays bounded. */
const LONGEST_KEPT = 1_000;

/**
 * The catalogue, compiled. Of several patterns that match a link the most specific wins. Saving refuses ties; should there
 * be one all the same, the CTA whose key comes first wins.
 */
export class CtaCatalogue {
  private readonly index: PatternIndex<RankedPattern>;
  private readonly recent = new RecentResults<CtaOf | typeof NONE>(RECENT);
  /** What patterns ask of where a link stood: in any other place it is what it is everywhere. */
  private readonly named: readonly (readonly [name: string, values: ReadonlySet<unknown>])[];

  constructor(ctas: readonly CtaDefinition[]) {
    const ranked = ctas
      .flatMap(({ key, kind, patterns }) =>
        patterns.map((pattern) => ({ ...compilePattern(pattern), cta: key, kind, pattern })),
      )
      .sort((a, b) => bySpecificity(a.specificity, b.specificity) || (a.cta < b.cta ? -1 : a.cta > b.cta ? 1 : 0))
      .map((pattern, rank): RankedPattern => ({ ...pattern, rank }));
    this.index = new PatternIndex(ranked);
    this.named = namedPlaces(ranked);
  }

  /** The properties by which it tells the CTA of a click: where a link stood only if a pattern asks. */
  get propertiesRead(): readonly string[] {
    return this.named.length === 0 ? ['href'] : ['href', ...CONTEXT_PROPERTIES];
  }

  /** The CTA of a click, by its properties; undefined where no pattern matches. */
  ofClick(properties: Properties): CtaOf | undefined {
    const { href } = properties;
    if (typeof href !== 'string') return undefined;
    if (!this.isNamed(properties)) return this.ofLink(href, NO_CONTEXT, href);
    const context = contextOf(properties);
    const { message, action, link, tag } = context;
    return this.ofLink(href, context, `${message} ${action} ${link} ${tag} ${href}`);
  }

  /** All patterns that match, with the winner first. */
  explain(href: string, context: MessageContext): Explanation {
    const link = normaliseHref(href);
    const found = link ? this.matching(link, context).sort((a, b) => a.rank - b.rank) : [];
    return {
      link,
      matches: found.map(({ cta, kind, pattern, specificity }) => ({ cta, kind, pattern, specificity })),
    };
  }

  private isNamed(properties: Properties): boolean {
    for (const [name, values] of this.named) if (values.has(properties[name])) return true;
    return false;
  }

  private ofLink(href: string, context: MessageContext, key: string): CtaOf | undefined {
    const known = this.recent.get(key);
    if (known !== undefined) return known === NONE ? undefined : known;
    const found = this.workOut(href, context);
    if (key.length <= LONGEST_KEPT) this.recent.set(key, found ?? NONE);
    return found;
  }

  private workOut(href: string, context: MessageContext): CtaOf | undefined {
    const link = normaliseHref(href);
    if (!link) return undefined;
    let best: RankedPattern | undefined;
    for (const pattern of this.index.candidates(link, context)) {
      if ((!best || pattern.rank < best.rank) && patternMatches(pattern, link, context)) best = pattern;
    }
    return best && { cta: best.cta, kind: best.kind };
  }

  private matching(link: Link, context: MessageContext): RankedPattern[] {
    return this.index.candidates(link, context).filter((pattern) => patternMatches(pattern, link, context));
  }
}

/** Ids as numbers and as texts, as clicks may have them. */
function namedPlaces(patterns: readonly RankedPattern[]): [string, Set<unknown>][] {
  const named = new Map<string, Set<unknown>>();
  const note = (name: string, value: string): void => {
    const values = named.get(name) ?? new Set();
    named.set(name, values.add(value).add(Number(value)));
  };
  for (const { message, action, tag } of patterns) {
    if (message !== undefined) note(...(message.split(/:(.*)/s, 2) as [string, string]));
    if (action !== undefined) note('action_id', action);
    if (tag !== undefined) note('link_tag', tag);
  }
  return [...named];
}

const NONE = Symbol('no CTA');
