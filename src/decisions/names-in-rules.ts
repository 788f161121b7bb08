import { Injectable } from '@nestjs/common';
import { nameFits } from '../core/matcher.js';
import type { Transaction } from '../platform/database.js';
import { AskedNames } from '../profiles/asked-names.js';
import { SegmentStore } from '../segments/segment-store.js';
import { DecisionStore } from './decision-store.js';
import { PlannedInputs } from './planned-inputs.js';

/** Published segments ask for events, and so do the rules by which open decisions will be settled. */
@Injectable()
export class NamesInRules extends AskedNames {
  constructor(
    private readonly segments: SegmentStore,
    private readonly decisions: DecisionStore,
    private readonly points: PlannedInputs,
  ) {
    super();
  }

  override async includeAny(tx: Transaction, revision: number, names: readonly string[]): Promise<boolean> {
    const segments = await this.segments.current(tx, revision);
    const points = await this.points.of(tx, await this.decisions.openRules(tx));
    const asking = [...segments.all, ...[...points.values()].flatMap((point) => point.branches)];
    return asking.some(({ plan }) => plan.eventNames.some((wanted) => names.some((name) => nameFits(wanted, name))));
  }
}
