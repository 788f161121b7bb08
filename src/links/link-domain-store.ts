import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { LinkDomain } from './links.entities.js';

export interface DomainDefinition {
  host: string;
  allowedHosts: readonly string[];
  sendingDomain: string | null;
}

/** The branded domains. */
@Injectable()
export class LinkDomainStore {
  list(tx: Transaction): Promise<LinkDomain[]> {
    return tx.find(LinkDomain, { order: { host: 'ASC' } });
  }

  find(tx: Transaction, host: string): Promise<LinkDomain | null> {
    return tx.findOneBy(LinkDomain, { host });
  }

  /** Creates or replaces a domain; whether it was there. */
  async put(tx: Transaction, { host, allowedHosts, sendingDomain }: DomainDefinition): Promise<boolean> {
    const [row] = await query<{ existed: boolean }>(
      tx,
      `INSERT INTO link_domains (host, allowed_hosts, sending_domain, created_at, updated_at)
       VALUES ($1, $2, $3, turnout_now(), turnout_now())
       ON CONFLICT (host) DO UPDATE
          SET allowed_hosts = excluded.allowed_hosts, sending_domain = excluded.sending_domain, updated_at = turnout_now()
       RETURNING xmax <> 0 AS existed`,
      [host, allowedHosts, sendingDomain],
    );
    return row!.existed;
  }

  /** True if it was there. */
  async remove(tx: Transaction, host: string): Promise<boolean> {
    return (await query(tx, 'DELETE FROM link_domains WHERE host = $1 RETURNING host', [host])).length > 0;
  }

  /** How many links are served by the host, and how many lead to it. */
  async linksOf(tx: Transaction, host: string): Promise<{ served: number; leading: number }> {
    const [row] = await query<{ served: string; leading: string }>(
      tx,
      `SELECT count(*) FILTER (WHERE domain = $1) AS served, count(*) FILTER (WHERE destination_host = $1) AS leading
         FROM tracked_links WHERE domain = $1 OR destination_host = $1`,
      [host],
    );
    return { served: Number(row!.served), leading: Number(row!.leading) };
  }
}
