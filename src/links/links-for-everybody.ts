import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Properties } from '../core/property.js';
import type { OpenLinks } from '../sources/open-links.js';
import { clickProperties } from './declaration.js';
import { LinkKeys } from './link-keys.js';
import { TrackedLink } from './links.entities.js';
import { linksInAddresses } from './links-in-addresses.js';

/** What sources ask of tracked links. A link that was given to one person is none: following it is a click of that person. */
@Injectable()
export class LinksForEverybody implements OpenLinks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: LinkKeys,
  ) {}

  /** In which message and channel it was clicked is for the sending tool to say. */
  async clicksOn(addresses: readonly string[]): Promise<Map<string, Properties>> {
    const tx = this.dataSource.manager;
    const open = [...(await linksInAddresses(tx, this.keys.tokens, addresses))].filter(([, { isBound }]) => !isBound);
    if (open.length === 0) return new Map();
    const links = await tx.findBy(TrackedLink, { id: In([...new Set(open.map(([, { id }]) => id))]) });
    const said = new Map(links.map((link) => [link.id, clickProperties({ ...link, channel: null, message: {} })]));
    return new Map(open.flatMap(([address, { id }]) => (said.has(id) ? [[address, said.get(id)!]] : [])));
  }
}
