import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { contextOf } from '../ctas/message-context.js';
import { query, type Transaction } from '../platform/database.js';
import { SentLinks, type SentLink } from '../utm/sent-links.js';
import { LinkKeys } from './link-keys.js';
import { TrackedLink } from './links.entities.js';

const ADDRESS = /^https?:\/\/[^/?#]+\/l\/([\w-]+)(?:[?#]|$)/i;

/** What the UTM report asks of tracked links. */
@Injectable()
export class LinksAsSent implements SentLinks {
  constructor(private readonly keys: LinkKeys) {}

  async find(tx: Transaction, ids: readonly string[]): Promise<Map<string, SentLink>> {
    const links = ids.length === 0 ? [] : await tx.findBy(TrackedLink, { id: In([...new Set(ids)]) });
    return new Map(links.map((link) => [link.id, sentOf(link)]));
  }

  async idsIn(tx: Transaction, hrefs: readonly string[]): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    const codes = new Map<string, string>();
    for (const href of hrefs) {
      const token = ADDRESS.exec(href)?.[1];
      const read = token === undefined ? undefined : this.keys.tokens.read(token);
      if (read?.kind === 'long') ids.set(href, read.link);
      else if (read) codes.set(href, read.code);
    }
    if (codes.size === 0) return ids;
    const rows = await query<{ code: Buffer; link_id: string }>(
      tx,
      'SELECT code, link_id FROM link_shorts WHERE code = ANY($1::bytea[])',
      [[...new Set(codes.values())].map((code) => Buffer.from(code, 'base64url'))],
    );
    const known = new Map(rows.map((row) => [row.code.toString('base64url'), row.link_id]));
    for (const [href, code] of codes) if (known.has(code)) ids.set(href, known.get(code)!);
    return ids;
  }
}

function sentOf({ id, cta, template, channel, message, landingUrl }: TrackedLink): SentLink {
  return { id, cta, template, channel, message: contextOf({ ...message }).message ?? null, landingUrl };
}
