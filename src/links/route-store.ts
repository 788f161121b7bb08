import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { prepared } from '../platform/database.js';
import { GroupCommit } from '../sources/group-commit.js';
import type { Read } from './link-tokens.js';

/** Where a token leads, as of an instant. */
export interface Route {
  at: Instant;
  link: string;
  binding: string | undefined;
  domain: string;
  landingUrl: string;
  allowedHosts: readonly string[];
  expiresAt: Instant;
  isDisabled: boolean;
  /** Whether its host has become a link domain: there would be a second hop, or a circle. */
  leadsBack: boolean;
}

interface Row {
  at: Date;
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
  turnout_now() AS at, link.id, link.domain, link.landing_url, domain.allowed_hosts, link.expires_at,
  link.disabled_at IS NOT NULL AS is_disabled,
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

/**
 * Looks up where tokens lead: those that are asked at the same time with one query. Nothing is remembered, so that a disabled
 * link or a narrower allow-list holds from the next click on, in every process.
 */
@Injectable()
export class RouteStore {
  private readonly group: GroupCommit<Read, Route | undefined>;

  constructor(private readonly dataSource: DataSource) {
    this.group = new GroupCommit<Read, Route | undefined>({
      commit: (asked) => this.findAll(asked),
      refuse: (_asked, error) => {
        throw error;
      },
      isWorthSplitting: () => false,
      bytesOf: () => BYTES_A_QUESTION,
      ...{ mostItems: 500, mostBytes: Infinity, mostAtOnce: 1 },
    });
  }

  async find(token: Read): Promise<Route | undefined> {
    return (await this.group.add([token]))[0];
  }

  private async findAll(asked: readonly Read[]): Promise<(Route | undefined)[]> {
    const links = new Set(asked.flatMap((one) => (one.kind === 'long' ? one.link : [])));
    const codes = new Set(asked.flatMap((one) => (one.kind === 'short' ? one.code : [])));
    const tx = this.dataSource.manager;
    const byLink = links.size === 0 ? [] : await prepared<Row>(tx, 'routes_by_link', BY_LINK, [[...links]]);
    const bytes = [...codes].map((code) => Buffer.from(code, 'base64url'));
    const byCode = codes.size === 0 ? [] : await prepared<Row>(tx, 'routes_by_code', BY_CODE, [bytes]);
    const routes = new Map<string, Route>();
    for (const row of byLink) routes.set(row.id, routeOf(row));
    for (const row of byCode) routes.set(row.code!.toString('base64url'), routeOf(row));
    return asked.map((one) => routeFor(one, routes));
  }
}

function routeFor(token: Read, routes: ReadonlyMap<string, Route>): Route | undefined {
  if (token.kind === 'short') return routes.get(token.code);
  const route = routes.get(token.link);
  return route && { ...route, binding: token.binding, expiresAt: Math.min(token.expiresAt, route.expiresAt) };
}

function routeOf(row: Row): Route {
  return {
    at: row.at.getTime(),
    link: row.id,
    binding: row.binding?.toString('base64url'),
    domain: row.domain,
    landingUrl: row.landing_url,
    allowedHosts: row.allowed_hosts,
    expiresAt: row.expires_at.getTime(),
    isDisabled: row.is_disabled,
    leadsBack: row.leads_back,
  };
}
