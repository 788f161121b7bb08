import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { contextOf } from '../ctas/message-context.js';
import type { Transaction } from '../platform/database.js';
import { SentLinks, type SentLink } from '../utm/sent-links.js';
import { LinkKeys } from './link-keys.js';
import { linksInAddresses } from './links-in-addresses.js';
import { TrackedLink } from './links.entities.js';

/** What the UTM report asks of tracked links. */
@Injectable()
export class LinksAsSent implements SentLinks {
  constructor(private readonly keys: LinkKeys) {}

  async find(tx: Transaction, ids: readonly string[]): Promise<Map<string, SentLink>> {
    const links = ids.length === 0 ? [] : await tx.findBy(TrackedLink, { id: In([...new Set(ids)]) });
    return new Map(links.map((link) => [link.id, sentOf(link)]));
  }

  async idsIn(tx: Transaction, hrefs: readonly string[]): Promise<Map<string, string>> {
    const links = await linksInAddresses(tx, this.keys.tokens, hrefs);
    return new Map([...links].map(([href, { id }]) => [href, id]));
  }
}

function sentOf({ id, cta, template, channel, message, landingUrl }: TrackedLink): SentLink {
  return { id, cta, template, channel, message: contextOf({ ...message }).message ?? null, landingUrl };
}
