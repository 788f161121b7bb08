import { Injectable } from '@nestjs/common';
import { historyNeeded, type Plan } from '../core/compile-rule.js';
import { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { CtaStore } from '../ctas/cta-store.js';
import type { Transaction } from '../platform/database.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { historiesOfMany } from '../profiles/histories-of-many.js';

/** A profile's history as rules see it, and the number of its newest event; 0 where there is none. */
export interface ReadHistory {
  history: History;
  seq: number;
}

/** The histories that decisions rest on, as everything declared says at a revision. */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly ctas: CtaStore,
    private readonly starts: EventHistoryStore,
  ) {}

  /** Of some profiles, by profile: what these plans need as of an instant, the earliest that is asked about. */
  async ofAll(
    tx: Transaction,
    profileIds: readonly number[],
    { plans, asOf, revision }: { plans: readonly Plan[]; asOf: Instant; revision: number },
  ): Promise<Map<number, ReadHistory>> {
    const { names, lookback } = historyNeeded(plans);
    const classifier = await this.ctas.current(tx, revision);
    const need = classifier.needed(names);
    const wanted = { names: need.names, since: asOf - lookback - need.margin };
    const loaded = await historiesOfMany(tx, profileIds, wanted);
    const startsAt = await this.starts.current(tx, revision);
    return new Map(
      [...loaded].map(([id, events]) => [
        id,
        {
          history: History.inOrder(classifier.classify(events), { startsAt, profile: String(id) }),
          seq: events.reduce((newest, event) => Math.max(newest, event.seq), 0),
        },
      ]),
    );
  }
}
