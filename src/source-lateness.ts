import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from './core/instant.js';
import type { Unsure } from './outbox/outbox-message.js';
import { now } from './platform/clock.js';
import { EventHistoryStore } from './profiles/event-history-store.js';
import { SourceFreshness, type Freshness } from './profiles/source-freshness.js';
import { Lateness } from './sync/lateness.js';

/** When a source that is late is taken to be given up, where another one tells of the same. */
const GIVEN_UP_AFTER_MS: Milliseconds = 7 * 86_400_000;

/** What delivery must know of the sources. */
@Injectable()
export class SourceLateness extends Lateness {
  constructor(
    private readonly dataSource: DataSource,
    private readonly histories: EventHistoryStore,
    private readonly freshness: SourceFreshness,
  ) {
    super();
  }

  override async isLate(events: Unsure['absent']): Promise<boolean> {
    const tx = this.dataSource.manager;
    const known = await this.histories.eventsNamed(tx, events);
    const sources = [...new Set(known.flatMap(({ source }) => (source === null ? [] : [source])))];
    const at = await now(tx);
    const fresh = await this.freshness.of(sources, at);
    return [...new Set(known.map(({ event }) => event))].some((event) =>
      isBehind(
        known.flatMap((one) => (one.event === event ? (fresh.get(one.source ?? '') ?? []) : [])),
        at,
      ),
    );
  }
}

/** Whether one of the sources that tell of an event is late, and was not replaced by another. */
function isBehind(sources: readonly Freshness[], at: Instant): boolean {
  const isReplaced = sources.some((one) => one.lastReceivedAt !== null && !one.isLate);
  return sources.some(({ lateSince }) => lateSince !== null && !(isReplaced && at - lateSince >= GIVEN_UP_AFTER_MS));
}
