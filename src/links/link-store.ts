import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { In } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { declarationDigest, type Declaration } from './declaration.js';
import { hostOfDestination } from './destination.js';
import { LINK_BYTES } from './link-tokens.js';
import { TrackedLink } from './links.entities.js';
import { landingUrl } from './utm-values.js';

export interface LinkFilter {
  cta?: string | undefined;
  template?: string | undefined;
  domain?: string | undefined;
  /** The last link of the page before. */
  after?: { createdAt: Date; id: string } | undefined;
  limit: number;
}

/** The links that were declared. */
@Injectable()
export class LinkStore {
  /**
   * The links of some declarations, in their order; those that are new are created. Those that name no end live for `lifeMs`,
   * and anew when they are declared again with less than half of it left.
   */
  async declare(
    tx: Transaction,
    declarations: readonly Declaration[],
    { at, lifeMs }: { at: Instant; lifeMs: number },
  ): Promise<TrackedLink[]> {
    const digests = declarations.map(declarationDigest);
    const rows = declarations.map((link, index) =>
      rowOf(link, digests[index]!, link.expiresAt ?? wholeSecond(at + lifeMs)),
    );
    await query(
      tx,
      `INSERT INTO tracked_links (id, digest, domain, cta, destination, destination_host, landing_url, utm, channel, template,
                                  message, created_at, expires_at)
       SELECT id, digest, domain, cta, destination, destination_host, landing_url, utm, channel, template, message, $2,
              expires_at
         FROM (
           SELECT DISTINCT ON (digest) * FROM jsonb_to_recordset($1::jsonb) AS given (id text, digest bytea, domain text, cta text, destination text,
                  destination_host text, landing_url text, utm jsonb, channel text, template text, message jsonb,
                  expires_at timestamptz)
         ) AS new
        ORDER BY digest
       ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE tracked_links.expires_at < $3`,
      [JSON.stringify(rows), new Date(at), new Date(at + lifeMs / 2)],
    );
    const found = await tx.findBy(TrackedLink, { digest: In(digests) });
    const byDigest = new Map(found.map((link) => [link.digest.toString('hex'), link]));
    return digests.map((digest) => byDigest.get(digest.toString('hex'))!);
  }

  find(tx: Transaction, id: string): Promise<TrackedLink | null> {
    return tx.findOneBy(TrackedLink, { id });
  }

  /** Newest first. */
  list(tx: Transaction, { cta, template, domain, after, limit }: LinkFilter): Promise<TrackedLink[]> {
    const links = tx
      .createQueryBuilder(TrackedLink, 'link')
      .orderBy('link.createdAt', 'DESC')
      .addOrderBy('link.id', 'DESC');
    if (cta !== undefined) links.andWhere('link.cta = :cta', { cta });
    if (template !== undefined) links.andWhere('link.template = :template', { template });
    if (domain !== undefined) links.andWhere('link.domain = :domain', { domain });
    if (after) links.andWhere('(link.created_at, link.id) < (:createdAt, :id)', after);
    return links.limit(limit).getMany();
  }

  /** Where links lead that still do, each place once for each CTA; the newest first. All CTAs unless some are given. */
  leading(tx: Transaction, ctas: readonly string[] | undefined, most: number): Promise<{ cta: string; url: string }[]> {
    return query(
      tx,
      `SELECT cta, landing_url AS url FROM tracked_links
        WHERE disabled_at IS NULL AND expires_at > turnout_now() AND ($1::text[] IS NULL OR cta = ANY($1))
        GROUP BY 1, 2 ORDER BY max(created_at) DESC, 1, 2 LIMIT $2`,
      [ctas ?? null, most],
    );
  }

  /** From when on it leads nowhere; null: it does again. False if there is none. */
  async disable(tx: Transaction, id: string, isDisabled: boolean): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE tracked_links SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, turnout_now()) END
        WHERE id = $1 RETURNING id`,
      [id, isDisabled],
    );
    return rows.length > 0;
  }

  /** How many that still lead somewhere are of a CTA. */
  async liveOf(tx: Transaction, cta: string): Promise<number> {
    const [row] = await query<{ n: string }>(
      tx,
      `SELECT count(*) AS n FROM tracked_links WHERE cta = $1 AND disabled_at IS NULL AND expires_at > turnout_now()`,
      [cta],
    );
    return Number(row!.n);
  }
}

function rowOf(link: Declaration, digest: Buffer, expiresAt: Instant) {
  return {
    id: randomBytes(LINK_BYTES).toString('base64url'),
    digest: `\\x${digest.toString('hex')}`,
    domain: link.domain,
    cta: link.cta,
    destination: link.destination,
    destination_host: hostOfDestination(link.destination),
    landing_url: landingUrl(link.destination, link.utm),
    utm: link.utm,
    channel: link.channel,
    template: link.template,
    message: link.message,
    expires_at: new Date(expiresAt).toISOString(),
  };
}

/** As tokens carry instants. */
export function wholeSecond(at: Instant): Instant {
  return Math.floor(at / 1_000) * 1_000;
}
