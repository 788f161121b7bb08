import { Injectable } from '@nestjs/common';
import { ctasNamed } from '../core/ctas-named.js';
import { CtaDependants } from '../ctas/cta-dependants.js';
import type { Transaction } from '../platform/database.js';
import { SegmentStore } from '../segments/segment-store.js';
import { JourneyStore } from './journey-store.js';

/** Rules need the CTAs that they name: those of segments, and those that stand in journeys. */
@Injectable()
export class CtaNeeds extends CtaDependants {
  constructor(
    private readonly segments: SegmentStore,
    private readonly journeys: JourneyStore,
  ) {
    super();
  }

  override async of(tx: Transaction, ctaKey: string): Promise<string[]> {
    const segments = (await this.segments.list(tx)).filter((one) => ctasNamed(one.rule).includes(ctaKey));
    const journeys = (await this.journeys.list(tx)).filter((one) => ctasNamed(one.branchPoints).includes(ctaKey));
    return [...segments.map((one) => `segment "${one.key}"`), ...journeys.map((one) => `journey "${one.key}"`)];
  }
}
