import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../core/instant.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { Nudger } from '../platform/nudger.js';
import { RETENTION_MS } from '../platform/retention.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore, type Recorded } from '../profiles/event-store.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import { DeadLetterStore } from './dead-letter-store.js';
import type { WebhookDelivery, WebhookSource } from './source.js';

/** What a sender is told of a delivery that it need not send again. */
export type Receipt =
  | { status: 'stored'; events: number }
  | { status: 'duplicate' }
  | { status: 'kept_aside'; reason: string }
  | { status: 'skipped'; reason: string };

const REFUSALS: Record<Recorded['refused'][number]['reason'], string> = {
  conflicting_duplicate: 'an event with this id, but another content, was accepted before; that one stands',
  older_than_retention: 'the event is older than events are kept',
};

/** Takes in verified deliveries: everything is durable before the sender is answered. */
@Injectable()
export class Ingestion {
  private readonly logger = new Logger(Ingestion.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly histories: EventHistoryStore,
    private readonly deadLetters: DeadLetterStore,
    private readonly freshness: SourceFreshness,
    private readonly nudger: Nudger,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  async take(source: WebhookSource, delivery: WebhookDelivery): Promise<Receipt> {
    const read = source.normalise(delivery);
    if (read.kind === 'skipped') return { status: 'skipped', reason: read.reason };
    if (read.kind === 'unusable') {
      await this.dataSource.transaction(async (tx) => {
        await this.keepAside(tx, source, delivery, { ...read, receivedAt: await now(tx) });
      });
      return { status: 'kept_aside', reason: read.reason };
    }
    return this.record(source, delivery, read.events);
  }

  private async record(
    source: WebhookSource,
    delivery: WebhookDelivery,
    events: readonly IncomingEvent[],
  ): Promise<Receipt> {
    const names = [...new Set(events.map((event) => event.name))];
    const recorded = await this.dataSource.transaction(async (tx) => {
      const receivedAt = await now(tx);
      await this.histories.begin(tx, source.key, names, receivedAt);
      const result = await this.events.record(tx, {
        source: source.key,
        events,
        receivedAt,
        retention: this.retention,
      });
      for (const { reason } of result.refused) {
        await this.keepAside(tx, source, delivery, { reason, problem: REFUSALS[reason], receivedAt });
      }
      return { ...result, receivedAt };
    });
    this.histories.hasBegun(names);
    this.freshness.note(source.key, recorded);
    this.nudger.evaluate(recorded.lanes);
    if (recorded.stored > 0) return { status: 'stored', events: recorded.stored };
    const [refused] = recorded.refused;
    return refused ? { status: 'kept_aside', reason: refused.reason } : { status: 'duplicate' };
  }

  private async keepAside(
    tx: Transaction,
    source: WebhookSource,
    delivery: WebhookDelivery,
    why: { reason: string; problem: string; receivedAt: Instant },
  ): Promise<void> {
    const { reason, problem, receivedAt } = why;
    await this.deadLetters.add(tx, { source: source.key, reason, problem, body: delivery.body, receivedAt });
    this.logger.warn({ msg: 'a delivery was kept aside', source: source.key, reason, problem });
  }
}
