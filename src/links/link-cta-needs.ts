import { Injectable } from '@nestjs/common';
import { CtaDependants } from '../ctas/cta-dependants.js';
import type { Transaction } from '../platform/database.js';
import { LinkStore } from './link-store.js';

/** Links that lead somewhere need the CTA that they are declared to be of. */
@Injectable()
export class LinkCtaNeeds extends CtaDependants {
  constructor(private readonly links: LinkStore) {
    super();
  }

  override async of(tx: Transaction, ctaKey: string): Promise<string[]> {
    const live = await this.links.liveOf(tx, ctaKey);
    return live === 0 ? [] : [`${live} tracked link${live === 1 ? '' : 's'}`];
  }
}
