import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { RecentResults } from '../ctas/recent-results.js';
import { prepared } from '../platform/database.js';
import { GroupCommit } from '../sources/group-commit.js';
import { destinationProblem } from './destination.js';
import type { Read } from './link-tokens.js';

/** Where a token leads. */
export interface Route {
  /** Whether it leads on. A destination that is not allowed any more is as good as unknown. */
  state: 'open' | 'gone' | 'unknown';
  link: string;
  binding: string | undefined;
  domain: string;
  landingUrl: string;
  expiresAt: Instant;
  /** The revision of links under which this was read. */
  revision: number;
}

interface Row {
  at: Date;
  revision: string;
  id: string;
  domain: string;
  landing_url: string;
  allowed_hosts: string[];
  expires_at: Date;
  is_disabled: boolean;
  leads_back: boolean;
  code: Buffer | null;
  binding: Buffer | null;
}

const COLUMNS = `
  turnout_now() AS at, (SELECT revision FROM link_revision) AS revision,
  link.id, link.domain, link.landing_url, domain.allowed_hosts, link.expires_at, link.disabled_at IS NOT NULL AS is_disabled,
  EXISTS (SELECT FROM link_domains AS other WHERE other.host = link.destination_host) AS leads_back`;

const BY_LINK = `
  SELECT ${COLUMNS} FROM tracked_links AS link JOIN link_domains AS domain ON domain.host = link.domain
   WHERE link.id = ANY($1::text[])`;

const BY_CODE = `
  SELECT ${COLUMNS}, short.code, short.binding
    FROM link_shorts AS short
    JOIN tracked_links AS link ON link.id = short.link_id
    JOIN link_domains AS domain ON domain.host = link.domain
   WHERE short.code = ANY($1::bytea[])`;

const BYTES_A_QUESTION = 256;
const RECENT = 10_000;

/**
 * Looks up where tokens lead: those that are asked at the same time with one query. Routes that lead on are remembered until
 * the links' revision moves on; whoever writes a click down has the database compare it, so that a disabled link or a
 * narrower allow-list holds from the next click on, in every process. What does not lead on is looked up each time.
 */
@Injectable()
export class RouteStore {
  private readonly group: GroupCommit<Read, Route | undefined>;
  private recent = new RecentResults<Route>(RECENT);
  private revision = 0;
  /** The newest instant that the database has told: what had ended by then is not judged from memory. */
  private lastAt: Instant = 0;

  constructor(private readonly dataSource: DataSource) {
    this.group = new GroupCommit<Read, Route | undefined>({
      commit: (asked) => this.lookUp(asked),
      refuse: (_asked, error) => {
        throw error;
      },
      isWorthSplitting: () => false,
      bytesOf: () => BYTES_A_QUESTION,
      ...{ mostItems: 500, mostBytes: Infinity, mostAtOnce: 1 },
    });
  }

  /** As it is remembered: right if the revision still is when the click is written down. */
  remembered(token: Read): Route | undefined {
    const known = this.recent.get(keyOf(token));
    if (!known) return undefined;
    const route = routeOfToken(token, known);
    return route.expiresAt > this.lastAt ? route : undefined;
  }

  /** As the database has it now. */
  find(token: Read): Promise<Route | undefined> {
    return this.group.addOne(token);
  }

  /** Nothing that was read under a revision holds any more. */
  forget(revision: number): void {
    if (revision === this.revision) this.startAnew(0);
  }

  private startAnew(revision: number): void {
    this.revision = revision;
    this.recent = new RecentResults(RECENT);
  }

  private async lookUp(asked: readonly Read[]): Promise<(Route | undefined)[]> {
    const links = new Set(asked.flatMap((one) => (one.kind === 'long' ? one.link : [])));
    const codes = new Set(asked.flatMap((one) => (one.kind === 'short' ? one.code : [])));
    const tx = this.dataSource.manager;
    const byLink = links.size === 0 ? [] : await prepared<Row>(tx, 'routes_by_link', BY_LINK, [[...links]]);
    const bytes = [...codes].map((code) => Buffer.from(code, 'base64url'));
    const byCode = codes.size === 0 ? [] : await prepared<Row>(tx, 'routes_by_code', BY_CODE, [bytes]);
    const found = new Map([...byLink, ...byCode].map((row) => [keyOfRow(row), row]));
    for (const [key, row] of found) this.remember(key, row);
    return asked.map((token) => {
      const row = found.get(keyOf(token));
      return row && routeOf(row, token);
    });
  }

  private remember(key: string, row: Row): void {
    const route = routeOf(row);
    this.lastAt = row.at.getTime();
    if (route.revision !== this.revision) this.startAnew(route.revision);
    if (route.state === 'open') this.recent.set(key, route);
  }
}

/** Links and codes are of the same form. */
function keyOf(token: Read): string {
  return token.kind === 'long' ? token.link : `/${token.code}`;
}

function keyOfRow({ id, code }: Row): string {
  return code ? `/${code.toString('base64url')}` : id;
}

function routeOf(row: Row, token?: Read): Route {
  const route: Route = {
    state: 'open',
    link: row.id,
    binding: row.binding?.toString('base64url'),
    domain: row.domain,
    landingUrl: row.landing_url,
    expiresAt: row.expires_at.getTime(),
    revision: Number(row.revision),
  };
  const asked = token ? routeOfToken(token, route) : route;
  return { ...asked, state: stateOf(row, asked.expiresAt) };
}

function routeOfToken(token: Read, route: Route): Route {
  if (token.kind === 'short') return route;
  return { ...route, binding: token.binding, expiresAt: Math.min(token.expiresAt, route.expiresAt) };
}

/** By what the domain allows now, not when the link was made. A host that has become a link domain would be a second hop. */
function stateOf(row: Row, expiresAt: Instant): Route['state'] {
  if (row.leads_back) return 'unknown';
  if (row.is_disabled || row.at.getTime() >= expiresAt) return 'gone';
  return destinationProblem(row.landing_url, row.allowed_hosts) === undefined ? 'open' : 'unknown';
}
