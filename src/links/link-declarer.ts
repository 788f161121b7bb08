import { Inject, Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
import type { CtaCatalogue } from '../ctas/cta-catalogue.js';
import { CtaStore } from '../ctas/cta-store.js';
import { normaliseHref } from '../ctas/normalise-href.js';
import { shapeOf } from '../ctas/suggest-pattern.js';
import { catalogueRevision, nowWithDeclaredHeld } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import { jsonPointer, Problem, type ProblemEntry } from '../platform/problem.js';
import { identifiersFromBody } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { holdLiving } from '../profiles/profile-lock.js';
import { BindingStore } from './binding-store.js';
import { clickProperties, type Declaration } from './declaration.js';
import { destinationProblem, hostOfDestination, LONGEST_URL } from './destination.js';
import type { LinkDto } from './link.dto.js';
import { LinkDomainStore } from './link-domain-store.js';
import { LinkStore, wholeSecond } from './link-store.js';
import type { LinkDomain, TrackedLink } from './links.entities.js';
import { ShortStore } from './short-store.js';
import { linkProblems as schemaProblems, UtmGovernance } from '../utm/utm-governance.js';
import type { UtmSchema } from '../utm/utm-schema.js';
import { landingUrl, utmOf, utmSyntaxProblems, type UtmValues } from './utm-values.js';

/** Under this token: how long links live that name no end. */
export const LINK_LIFE_MS = Symbol('LinkLifeMs');

/** As tokens can carry it. */
const LONGEST_LIFE_MS: Milliseconds = 10 * 366 * 86_400_000;

/** A link that was asked for: to whom it was given, and its short form if one was wanted. */
export interface DeclaredLink {
  link: TrackedLink;
  binding: string | undefined;
  code: Buffer | undefined;
}

/** What links are checked against. */
interface Surroundings {
  at: Instant;
  domains: readonly LinkDomain[];
  catalogue: CtaCatalogue;
  ctas: ReadonlySet<string>;
  /** How UTM values are named; undefined where nobody has said. */
  schema: UtmSchema | undefined;
}

/** Makes links of declarations: all of them, or none and a problem that lists everything that is wrong. */
@Injectable()
export class LinkDeclarer {
  constructor(
    private readonly domains: LinkDomainStore,
    private readonly links: LinkStore,
    private readonly ctas: CtaStore,
    private readonly identifiers: IdentifierStore,
    private readonly bindings: BindingStore,
    private readonly shorts: ShortStore,
    private readonly governance: UtmGovernance,
    @Inject(LINK_LIFE_MS) private readonly lifeMs: Milliseconds,
  ) {}

  /** `pointerOf` says where in the request a link stands. Throws a 400 problem. */
  async declare(
    tx: Transaction,
    given: readonly LinkDto[],
    pointerOf: (index: number) => string,
  ): Promise<DeclaredLink[]> {
    const { around, declarations, profiles, problems } = await this.checked(tx, given, pointerOf);
    if (problems.length > 0) throw Problem.badRequest('The links are not right. None was made.', problems);

    const links = await this.links.declare(tx, declarations, { at: around.at, lifeMs: this.lifeMs });
    const bindings = await this.bind(tx, given, profiles, links);
    const codes = await this.shorten(tx, given, (index) => ({ linkId: links[index]!.id, binding: bindings[index] }));
    return links.map((link, index) => ({ link, binding: bindings[index], code: codes[index] }));
  }

  /** All that is wrong with links that somebody may declare; none is made. */
  async problemsOf(
    tx: Transaction,
    given: readonly LinkDto[],
    pointerOf: (index: number) => string,
  ): Promise<ProblemEntry[]> {
    return (await this.checked(tx, given, pointerOf)).problems;
  }

  private async checked(tx: Transaction, given: readonly LinkDto[], pointerOf: (index: number) => string) {
    // What a link rests on (its CTA, its domain) stays until it is made.
    const at = await nowWithDeclaredHeld(tx);
    const around: Surroundings = {
      at,
      domains: await this.domains.list(tx),
      catalogue: await this.ctas.catalogue(tx, await catalogueRevision(tx)),
      ctas: new Set((await this.ctas.list(tx)).map(({ key }) => key)),
      schema: await this.governance.schemaAt(tx, at),
    };
    const declarations = given.map((dto) => declarationOf(dto, around.domains));
    const problems: ProblemEntry[] = [];
    for (const [index, link] of declarations.entries()) {
      const found = [...linkProblems(link, given[index]!, around), ...utmProblems(link, around.schema)];
      problems.push(...found.map((one) => ({ ...one, pointer: pointerOf(index) + one.pointer })));
    }
    const { profiles, unknown } = await this.profilesOf(tx, given, pointerOf);
    problems.push(...unknown);
    return { around, declarations, profiles, problems };
  }

  private async profilesOf(tx: Transaction, given: readonly LinkDto[], pointerOf: (index: number) => string) {
    const lists = given.map(({ profile }, index) =>
      profile ? identifiersFromBody(profile, `${pointerOf(index)}/profile`) : [],
    );
    const found = await this.identifiers.findAll(tx, lists);
    // Nobody is merged or erased before their link is written down.
    const living = await holdLiving(
      tx,
      found.filter((id) => id !== undefined),
    );
    const profiles = found.map((id) => (id === undefined ? undefined : living.get(id)));
    const unknown = lists.flatMap((list, index): ProblemEntry[] => {
      if (list.length === 0 || profiles[index] !== undefined) return [];
      const expected = 'somebody of whom something was told before, as by an identify call';
      return [{ pointer: `${pointerOf(index)}/profile`, detail: 'nobody is known by this', expected }];
    });
    return { profiles, unknown };
  }

  private async bind(
    tx: Transaction,
    given: readonly LinkDto[],
    profiles: readonly (number | undefined)[],
    links: readonly TrackedLink[],
  ) {
    const wanted = profiles.flatMap((profileId, index) => {
      if (profileId === undefined) return [];
      const { expiresAt } = links[index]!;
      return [{ index, profileId, deliveryId: given[index]!.deliveryId ?? null, expiresAt }];
    });
    return spread(wanted, wanted.length === 0 ? [] : await this.bindings.bind(tx, wanted), given.length);
  }

  private async shorten(
    tx: Transaction,
    given: readonly LinkDto[],
    shortOf: (index: number) => { linkId: string; binding: string | undefined },
  ) {
    const wanted = given.flatMap(({ short }, index) => (short ? [{ index, ...shortOf(index) }] : []));
    return spread(wanted, wanted.length === 0 ? [] : await this.shorts.shorten(tx, wanted), given.length);
  }
}

/** Results in the places of those that they are of. */
function spread<T>(wanted: readonly { index: number }[], results: readonly T[], length: number): (T | undefined)[] {
  const places = new Array<T | undefined>(length).fill(undefined);
  wanted.forEach(({ index }, place) => (places[index] = results[place]));
  return places;
}

function declarationOf(dto: LinkDto, domains: readonly LinkDomain[]): Declaration {
  const only = domains.length === 1 ? domains[0]!.host : '';
  return {
    domain: dto.domain ?? only,
    cta: dto.cta,
    destination: dto.destination,
    utm: dto.utm ?? {},
    channel: dto.channel ?? null,
    template: dto.template ?? null,
    message: { ...dto.message },
    expiresAt: dto.expiresAt === undefined ? null : wholeSecond(Date.parse(dto.expiresAt)),
  };
}

function domainProblem(named: string | undefined, known: readonly string[]): string {
  if (named !== undefined) return `there is no link domain "${named}"`;
  return known.length > 0 ? 'there are several link domains, and none is named' : 'there is no link domain yet';
}

function linkProblems(link: Declaration, dto: LinkDto, around: Surroundings): ProblemEntry[] {
  const problems: ProblemEntry[] = [];
  const domain = around.domains.find(({ host }) => host === link.domain);
  if (!domain) {
    const hosts = around.domains.map(({ host }) => host);
    const expected = hosts.length > 0 ? `one of ${hosts.join(', ')}` : 'a link domain, which is declared first';
    problems.push({ pointer: '/domain', detail: domainProblem(dto.domain, hosts), expected });
  }
  if (!around.ctas.has(link.cta)) {
    problems.push({ pointer: '/cta', detail: `there is no CTA "${link.cta}"`, expected: 'a CTA of the catalogue' });
  }
  if (domain) problems.push(...destinationProblems(link, domain, around));
  if (link.expiresAt !== null && (link.expiresAt <= around.at || link.expiresAt > around.at + LONGEST_LIFE_MS)) {
    problems.push({
      pointer: '/expiresAt',
      detail: 'no link can end then',
      expected: 'an instant of the next ten years',
    });
  }
  if (dto.deliveryId !== undefined && !dto.profile) {
    const expected = 'the profile that the delivery goes to';
    problems.push({ pointer: '/deliveryId', detail: 'a delivery goes to somebody, and no profile is given', expected });
  }
  return problems;
}

/** By the naming schema; what the destination says already counts, too. */
function utmProblems({ utm, channel, destination }: Declaration, schema: UtmSchema | undefined): ProblemEntry[] {
  const found = utmSyntaxProblems(utm);
  if (found.length > 0) return found.map(({ key, ...rest }) => ({ pointer: jsonPointer('utm', key), ...rest }));
  const values = { ...Object.fromEntries(utmOf(destination)), ...utm };
  return schema ? schemaProblems(schema, values, { channel, destination }) : [];
}

function destinationProblems(link: Declaration, domain: LinkDomain, around: Surroundings): ProblemEntry[] {
  const pointer = '/destination';
  const problem = destinationProblem(link.destination, domain.allowedHosts);
  if (problem) return [{ pointer, ...problem }];
  if (around.domains.some(({ host }) => host === hostOfDestination(link.destination))) {
    return [
      { pointer, detail: 'it leads to a link domain, so that there would be two hops', expected: 'a page of the shop' },
    ];
  }
  const disagreeing = [...utmOf(link.destination)].filter(
    ([key, value]) => (link.utm[key as keyof UtmValues] ?? value) !== value,
  );
  if (disagreeing.length > 0) {
    return disagreeing.map(([key]) => ({
      pointer: jsonPointer('utm', key),
      detail: 'the destination has another value for it, and would keep it',
      expected: 'the same value, or one of the two left out',
    }));
  }
  const landing = landingUrl(link.destination, link.utm);
  if (landing.length > LONGEST_URL) {
    const detail = `it is ${landing.length} characters long with its UTM values`;
    return [{ pointer, detail, expected: `at most ${LONGEST_URL}` }];
  }
  return around.ctas.has(link.cta) ? ctaProblems(link, landing, around.catalogue) : [];
}

/** A click is of the CTA that the catalogue finds in it: a link that is declared to be of another one would be a lie. */
function ctaProblems(link: Declaration, landing: string, catalogue: CtaCatalogue): ProblemEntry[] {
  const found = catalogue.ofClick(clickProperties({ ...link, id: '', landingUrl: landing }))?.cta;
  if (found === link.cta) return [];
  const suggestion = JSON.stringify(shapeOf(normaliseHref(landing)!).pattern);
  const detail = found ? `the catalogue finds the CTA "${found}" in it` : 'no pattern of the catalogue finds it';
  return [
    { pointer: '/cta', detail, expected: `"${link.cta}" to have a pattern that finds it, such as ${suggestion}` },
  ];
}
