import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Unsure } from './outbox/outbox-message.js';
import { now } from './platform/clock.js';
import { EventHistoryStore } from './profiles/event-history-store.js';
import { SourceFreshness } from './profiles/source-freshness.js';
import { Lateness } from './sync/lateness.js';

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
    const fresh = await this.freshness.of(sources, await now(tx));
    return [...fresh.values()].some((one) => one.isLate);
  }
}
