import { Inject, Injectable } from '@nestjs/common';
import { historyNeeded, type Plan } from '../core/compile-rule.js';
import { History, type HistoryStart } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { EVIDENCE_NAMES } from '../ctas/click-class.js';
import { LONGEST_SIGNAL } from '../ctas/click-class-settings.js';
import type { Reclassified } from '../ctas/click-classifier.js';
import { CtaStore } from '../ctas/cta-store.js';
import type { Transaction } from '../platform/database.js';
import { RETENTION_MS } from '../platform/retention.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { historiesOfMany } from '../profiles/histories-of-many.js';

/** What a history is read for. */
export interface Wanted {
  /** The rules that it will be asked about. */
  plans: readonly Plan[];
  /** The earliest instant as of which it will be asked. */
  asOf: Instant;
  /** The catalogue's revision that the rules are of. */
  revision: number;
}

/** What came to be known of a profile since its last evaluation. */
export interface News {
  events: readonly HistoryEvent[];
  /** Older clicks that are seen otherwise in the light of it. */
  reclassified: readonly Reclassified[];
}

export interface ReadHistory {
  history: History;
  news: News;
  /** The newest event's number; 0 where there are none. */
  seq: number;
}

/** How events that were read of many profiles at once become histories. */
export interface ScannedHistories {
  /**
   * What must be known wherever a rule is about clicks, so that these can be classed. A click less than `margin` before and
   * after which there is no other event of these names is classed by itself, and reads no more than those properties.
   */
  classed: {
    names: readonly string[];
    margin: Milliseconds;
    properties: { alone: readonly string[]; together: readonly string[] };
  };
  /** Whether events of a name ever came. */
  hasCome: (name: string) => boolean;
  /** A profile's events, in order of time, as rules see them. */
  asSeen: <E extends HistoryEvent>(events: readonly E[]) => E[];
  /** From a profile's events as rules see them, in order of time. */
  historyOf: (profileId: number, seen: readonly HistoryEvent[]) => History;
}

/**
 * The histories of profiles as rules see them: the events that some rules need, classed by the catalogue, with the
 * starts of what is known completely. The one place where stored events become a {@link History}.
 */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly starts: EventHistoryStore,
    private readonly ctas: CtaStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  /** Since when each kind of event is known completely. */
  startsAt(tx: Transaction, revision: number): Promise<HistoryStart> {
    return this.starts.current(tx, revision);
  }

  /** One profile's history. */
  async of(tx: Transaction, profileId: number, wanted: Wanted): Promise<History> {
    return (await this.ofEach(tx, [profileId], wanted)).get(profileId)!.history;
  }

  /** Those of some profiles, by profile, for who does not ask what is new. */
  ofEach(tx: Transaction, profileIds: readonly number[], wanted: Wanted): Promise<Map<number, ReadHistory>> {
    return this.ofAll(
      tx,
      profileIds.map((id) => ({ id, evaluatedSeq: Infinity })),
      wanted,
    );
  }

  /** Those of some profiles, by profile; events after `evaluatedSeq` are new to it. */
  async ofAll(
    tx: Transaction,
    profiles: readonly { id: number; evaluatedSeq: number }[],
    { plans, asOf, revision }: Wanted,
  ): Promise<Map<number, ReadHistory>> {
    const classifier = await this.ctas.current(tx, revision);
    const loaded = await historiesOfMany(
      tx,
      profiles.map((one) => one.id),
      classifier.needed(historyNeeded(plans)).map(({ name, lookback }) => ({ name, since: asOf - lookback })),
    );
    const startsAt = await this.starts.current(tx, revision);
    return new Map(
      profiles.map(({ id, evaluatedSeq }) => {
        const raw = loaded.get(id)!;
        for (const event of raw) event.isNew = event.seq > evaluatedSeq;
        const events = classifier.classify(raw);
        const read: ReadHistory = {
          history: History.inOrder(events, { startsAt, profile: String(id), retention: this.retention }),
          news: { events: events.filter((event) => event.isNew), reclassified: classifier.reclassified(raw) },
          seq: raw.reduce((newest, event) => Math.max(newest, event.seq), 0),
        };
        return [id, read];
      }),
    );
  }

  /**
   * For who reads the events of everybody otherwise: makes of them what {@link ofAll} would, to be asked what holds as of
   * that instant and not until when.
   */
  async forScan(tx: Transaction, revision: number, asOf: Instant): Promise<ScannedHistories> {
    const classifier = await this.ctas.current(tx, revision);
    const startsAt = await this.starts.current(tx, revision);
    const { retention } = this;
    return {
      classed: { names: EVIDENCE_NAMES, margin: LONGEST_SIGNAL, properties: classifier.propertiesRead },
      hasCome: (name) => startsAt(name) < Infinity,
      asSeen: (events) => classifier.classify(events),
      historyOf: (profileId, seen) =>
        History.inOrder(seen, { startsAt, profile: String(profileId), retention, horizon: asOf + 1 }),
    };
  }
}
