import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { CtaStore } from '../ctas/cta-store.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { ever, historiesOfMany } from '../profiles/histories-of-many.js';
import { REPORTED_EVENTS } from '../profiles/reported-events.js';
import { HearingSince, type TellsFrom } from './hearing-since.js';
import { outcomeMessage, type Outcome } from './outcome.js';
import { OutcomeListeners, type OutcomeListener } from './outcome-listeners.js';
import { OutcomeStore, type Located } from './outcome-store.js';
import { toldClicks } from './told-clicks.js';
import { toldConversions, toldRefunds } from './told-conversions.js';

/** What is older is told no more: an import of the past is no news, and Google Analytics would pass over it. */
const TOLD_WITHIN: Milliseconds = 72 * 3_600_000;

/** The source of clicks on links of ours. */
const LINKS_SOURCE = 'links';

type Found = Located & Outcome;

/** Owes destinations what they are to hear of links: of each event once, and not before a settle delay has passed. */
@Injectable()
export class OutcomeTeller {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: OutcomeStore,
    private readonly listeners: OutcomeListeners,
    private readonly hearing: HearingSince,
    private readonly ctas: CtaStore,
    private readonly outbox: OutboxStore,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  /** Looks at up to `most` profiles that are due; how many there were. */
  async tell(most: number): Promise<number> {
    const listeners = this.listeners.all();
    const tellsFrom = await this.hearing.of(this.dataSource.manager, listeners);
    if (listeners.length === 0) return 0;
    return this.dataSource.transaction(async (tx) => {
      const ids = await this.store.claim(tx, most);
      if (ids.length === 0) return 0;
      const at = await now(tx);
      const histories = await this.historiesOf(tx, ids);
      const due = new Map<number, Instant>();
      for (const listener of listeners) {
        const found = await this.outcomesFor(tx, listener, histories, { at, tellsFrom });
        await this.owe(
          tx,
          listener.destination,
          found.filter((one) => this.settlesAt(one) <= at),
        );
        for (const one of found.filter((other) => this.settlesAt(other) > at)) {
          due.set(one.profileId, Math.min(due.get(one.profileId) ?? Infinity, this.settlesAt(one)));
        }
      }
      await this.store.wake(tx, due);
      return ids.length;
    });
  }

  /** Each once. */
  private async owe(tx: Transaction, destination: string, outcomes: readonly Found[]): Promise<void> {
    const news = await this.store.note(tx, destination, outcomes);
    const told = outcomes.filter(({ eventId }) => news.has(eventId));
    const included = told.flatMap(({ includes = [], ...one }) => includes.map((eventId) => ({ ...one, eventId })));
    await this.store.note(tx, destination, included);
    await this.outbox.append(
      tx,
      told.map((one) => outcomeMessage(one.profileId, destination, one)),
    );
  }

  private settlesAt({ at }: Outcome): Instant {
    return at + this.settings.settleDelayMs;
  }

  /** As reports on links read them, so that both say the same. */
  private async historiesOf(tx: Transaction, ids: readonly number[]): Promise<Map<number, HistoryEvent[]>> {
    const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
    const histories = await historiesOfMany(tx, ids, ever(REPORTED_EVENTS));
    return new Map([...histories].map(([id, events]) => [id, classifier.classify(events)]));
  }

  /** Everything recent that a destination hears of, and that happened since it does. */
  private async outcomesFor(
    tx: Transaction,
    { destination, hearsClicks, conversions }: OutcomeListener,
    histories: ReadonlyMap<number, readonly HistoryEvent[]>,
    { at, tellsFrom }: { at: Instant; tellsFrom: TellsFrom },
  ): Promise<Found[]> {
    const found = (outcomesIn: (events: readonly HistoryEvent[]) => readonly Outcome[], from = -Infinity): Found[] =>
      [...histories].flatMap(([profileId, events]) =>
        outcomesIn(events)
          .filter((one) => one.at > at - TOLD_WITHIN && one.at >= from)
          .map((one) => ({ ...one, profileId })),
      );
    const clicks = hearsClicks ? found(toldClicks, tellsFrom(destination, 'click')) : [];
    // What a click says of itself anybody could say; that it came through us is known by its source.
    const ours = await this.store.ofSource(tx, LINKS_SOURCE, clicks);
    const told = conversions && (await this.store.told(tx, destination, [...histories.keys()]));
    return [
      ...clicks.filter(({ eventId }) => ours.has(eventId)),
      ...(conversions
        ? found((events) => toldConversions(events, conversions), tellsFrom(destination, 'conversion'))
        : []),
      ...(told ? found((events) => toldRefunds(events, conversions, told)) : []),
    ];
  }
}
