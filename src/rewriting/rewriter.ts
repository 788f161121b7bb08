import { Injectable } from '@nestjs/common';
import type { CtaCatalogue } from '../ctas/cta-catalogue.js';
import { CtaStore } from '../ctas/cta-store.js';
import { shapeOf } from '../ctas/suggest-pattern.js';
import { normaliseHref } from '../ctas/normalise-href.js';
import { LinkDeclarer } from '../links/link-declarer.js';
import type { LinkDto } from '../links/link.dto.js';
import { LinkDomainStore } from '../links/link-domain-store.js';
import { LinkKeys } from '../links/link-keys.js';
import { linkView } from '../links/link-view.js';
import { landingUrl, utmSyntaxProblems } from '../links/utm-values.js';
import { presentOf } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { planLinks, rewriteLinks, type PlannedLink } from './rewrite-template.js';
import type { RewriteDto } from './rewrite.dto.js';

/** What became of a destination: a link of a CTA, or what keeps one from being made. */
type Outcome = { id: string; url: string; cta: string } | { problems: ProblemEntry[] };

export interface ReportedLink {
  line: number;
  column: number;
  place: PlannedLink['place'];
  element: string | null;
  href: string;
  state: 'tracked' | 'left' | 'problem';
  /** Why it was left alone. */
  reason: string | null;
  link: { id: string; url: string; cta: string } | null;
  problems: ProblemEntry[];
}

export interface Rewritten {
  text: string;
  tracked: number;
  left: number;
  withProblems: number;
  links: ReportedLink[];
}

/** Has the links of a template tracked. */
@Injectable()
export class Rewriter {
  constructor(
    private readonly declarer: LinkDeclarer,
    private readonly domains: LinkDomainStore,
    private readonly ctas: CtaStore,
    private readonly keys: LinkKeys,
  ) {}

  /** A link that can't be made is left as it is, with the reason in the report; the others are made. */
  async rewrite(tx: Transaction, { text, format, ...shared }: RewriteDto): Promise<Rewritten> {
    const hosts = new Set((await this.domains.list(tx)).map(({ host }) => host));
    const planned = planLinks(text, format, hosts);
    const hrefs = [...new Set(planned.filter(({ left }) => left === undefined).map(({ href }) => href))];
    const outcomes = await this.outcomes(tx, hrefs, shared);
    const urlOf = (href: string) => {
      const outcome = outcomes.get(href);
      return outcome && 'url' in outcome ? outcome.url : undefined;
    };
    const links = planned.map((link) => reported(link, outcomes.get(link.href)));
    const count = (state: ReportedLink['state']) => links.filter((link) => link.state === state).length;
    return {
      text: rewriteLinks(text, planned, urlOf),
      ...{ tracked: count('tracked'), left: count('left'), withProblems: count('problem'), links },
    };
  }

  private async outcomes(
    tx: Transaction,
    hrefs: readonly string[],
    shared: Omit<RewriteDto, 'text' | 'format'>,
  ): Promise<Map<string, Outcome>> {
    const outcomes = new Map<string, Outcome>();
    if (hrefs.length === 0) return outcomes;
    const { now: at, revision } = await presentOf(tx);
    const catalogue = await this.ctas.catalogue(tx, revision);
    const wanted: { href: string; dto: LinkDto }[] = [];
    for (const href of hrefs) {
      const cta = ctaOf(catalogue, href, shared);
      if (cta === undefined) outcomes.set(href, { problems: [noCta(href)] });
      else wanted.push({ href, dto: { ...shared, cta, destination: href } });
    }
    const right = await this.withoutProblems(tx, wanted, outcomes);
    if (right.length === 0) return outcomes;
    const made = await this.declarer.declare(tx, dtosOf(right), pointerOf);
    for (const [index, link] of made.entries()) {
      const { id, url, shortUrl, cta } = linkView(link, { tokens: this.keys.tokens, catalogue, at });
      outcomes.set(right[index]!.href, { id, url: shortUrl ?? url, cta });
    }
    return outcomes;
  }

  /** Those that can be made; the problems of the others are noted. A refusal has written nothing. */
  private async withoutProblems(
    tx: Transaction,
    wanted: readonly { href: string; dto: LinkDto }[],
    outcomes: Map<string, Outcome>,
  ) {
    const problems = await this.declarer.problemsOf(tx, dtosOf(wanted), pointerOf);
    for (const { pointer, ...rest } of problems) {
      const [, index, within] = /^\/(\d+)(.*)$/.exec(pointer) ?? [];
      const { href } = wanted[Number(index)]!;
      const known = outcomes.get(href);
      const entry = { pointer: within ?? '', ...rest };
      outcomes.set(href, { problems: [...(known && 'problems' in known ? known.problems : []), entry] });
    }
    return wanted.filter(({ href }) => !outcomes.has(href));
  }
}

const dtosOf = (wanted: readonly { dto: LinkDto }[]) => wanted.map(({ dto }) => dto);
const pointerOf = (index: number) => `/${index}`;

/** The CTA that the catalogue finds where the link will lead. */
function ctaOf(
  catalogue: CtaCatalogue,
  href: string,
  { utm = {}, message }: Pick<RewriteDto, 'utm' | 'message'>,
): string | undefined {
  const isRight = utmSyntaxProblems(utm).length === 0;
  return catalogue.ofClick({ ...message, href: isRight ? landingUrl(href, utm) : href })?.cta;
}

function noCta(href: string): ProblemEntry {
  const link = normaliseHref(href);
  const suggestion = link ? ` such as ${JSON.stringify(shapeOf(link).pattern)}` : '';
  return {
    pointer: '/cta',
    detail: 'no pattern of the CTA catalogue finds it',
    expected: `a CTA with a pattern for it${suggestion}, or the class "untracked" on the link`,
  };
}

function reported(
  { line, column, place, element, href, left }: PlannedLink,
  outcome: Outcome | undefined,
): ReportedLink {
  const at = { line, column, place, element, href };
  if (left !== undefined || !outcome) return { ...at, state: 'left', reason: left ?? null, link: null, problems: [] };
  if ('url' in outcome) return { ...at, state: 'tracked', reason: null, link: outcome, problems: [] };
  return { ...at, state: 'problem', reason: null, link: null, problems: outcome.problems };
}

/** Throws a 400 problem for what is wrong with a request as a whole. */
export function checkWhole({ domain }: RewriteDto, hosts: readonly string[]): void {
  const isKnown = domain === undefined ? hosts.length === 1 : hosts.includes(domain);
  if (isKnown) return;
  const expected = hosts.length > 0 ? `one of ${hosts.join(', ')}` : 'a link domain, which is declared first';
  throw Problem.badRequest('The request is not right.', [
    { pointer: '/domain', detail: 'on which link domain shall the links be?', expected },
  ]);
}
