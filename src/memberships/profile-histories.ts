import { Injectable } from '@nestjs/common';
import { historyNeeded, type Plan } from '../core/compile-rule.js';
import { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { CtaStore } from '../ctas/cta-store.js';
import type { Transaction } from '../platform/database.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore } from '../profiles/event-store.js';

/** The histories that plans need, as everything declared says at a revision. */
@Injectable()
export class ProfileHistories {
  constructor(
    private readonly events: EventStore,
    private readonly ctas: CtaStore,
    private readonly starts: EventHistoryStore,
  ) {}

  /** Of some profiles of a lane, by profile. */
  async read(
    tx: Transaction,
    lane: number,
    profileIds: readonly number[],
    about: { plans: readonly Plan[]; asOf: Instant; revision: number },
  ): Promise<Map<number, History>> {
    const { names, lookback } = historyNeeded(about.plans);
    const classifier = await this.ctas.current(tx, about.revision);
    const need = classifier.needed(names);
    const wanted = { names: need.names, since: about.asOf - lookback - need.margin };
    const loaded = await this.events.histories(tx, lane, profileIds, wanted);
    const startsAt = await this.starts.current(tx, about.revision);
    return new Map(
      [...loaded].map(([id, events]) => [
        id,
        History.ofDistinct(classifier.classify(events), { startsAt, profile: String(id) }),
      ]),
    );
  }
}
