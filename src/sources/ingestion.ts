import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../core/instant.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { Nudger } from '../platform/nudger.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import { RETENTION_MS } from '../platform/retention.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore, type RefusalReason } from '../profiles/event-store.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';
import { MergeFollower } from '../profiles/merge-follower.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import { DeadLetterStore } from './dead-letter-store.js';
import type { WebhookDelivery, WebhookSource } from './source.js';

/** What a sender is told of a delivery that it need not send again. */
export type Receipt =
  | { status: 'stored'; events: number }
  | { status: 'duplicate' }
  | { status: 'kept_aside'; reason: string }
  | { status: 'skipped'; reason: string };

/** An event as a source states it, and the bytes that said so, which are kept if the event is refused. */
export interface Entry {
  event: IncomingEvent;
  body: Buffer;
}

/** What became of an entry. A refused one is kept as a dead letter: nobody need send it again. */
export type Outcome = { kind: 'stored' } | { kind: 'duplicate' } | { kind: 'refused'; reason: string; problem: string };

const REFUSALS: Record<RefusalReason, string> = {
  conflicting_duplicate: 'an event with this id, but another content, was accepted before; that one stands',
  older_than_retention: 'the event is older than events are kept',
  erased: 'it is about somebody who was erased; nothing of it is kept',
};

const NOTHING = Buffer.alloc(0);

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
    private readonly mergeFollower: MergeFollower,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  async take(source: WebhookSource, delivery: WebhookDelivery): Promise<Receipt> {
    const read = source.normalise(delivery);
    if (read.kind === 'skipped') return { status: 'skipped', reason: read.reason };
    if (read.kind === 'unusable') {
      await this.keepAside({ source: source.key, body: delivery.body, reason: read.reason, problem: read.problem });
      return { status: 'kept_aside', reason: read.reason };
    }
    const outcomes = await this.record(
      source.key,
      read.events.map((event) => ({ event, body: delivery.body })),
    );
    const stored = outcomes.filter((one) => one.kind === 'stored').length;
    if (stored > 0) return { status: 'stored', events: stored };
    const refused = outcomes.find((one) => one.kind === 'refused');
    return refused ? { status: 'kept_aside', reason: refused.reason } : { status: 'duplicate' };
  }

  /**
   * Stores events and tells what became of each, in their order, once that is committed. Those that are not live, of an
   * import for instance, say nothing about how fresh their source is.
   */
  async record(source: string, entries: readonly Entry[], { isLive = true } = {}): Promise<Outcome[]> {
    const events = entries.map((entry) => entry.event);
    const names = [...new Set(events.map((event) => event.name))];
    const { news, refused, lanes, receivedAt, owedTo } = await repeatedTransaction(this.dataSource, async (tx) => {
      const receivedAt = await now(tx);
      await this.histories.begin(tx, source, names, receivedAt);
      const result = await this.events.record(tx, { source, events, receivedAt, retention: this.retention });
      const owedTo = await this.mergeFollower.follow(tx, result.merges);
      for (const { event, reason } of result.refused) {
        const body = reason === 'erased' ? NOTHING : entries.find((entry) => entry.event === event)!.body;
        await this.keep(tx, source, body, { reason, problem: REFUSALS[reason], receivedAt });
      }
      return { ...result, receivedAt, owedTo };
    });
    this.histories.hasBegun(names);
    if (isLive) this.freshness.note(source, { receivedAt, occurredAt: news.map((event) => event.occurredAt) });
    this.nudger.evaluate(lanes);
    if (owedTo.length > 0) this.nudger.deliver(owedTo);
    const stored = new Set(news);
    const reasons = new Map(refused.map(({ event, reason }) => [event, reason]));
    return events.map((event): Outcome => {
      const reason = reasons.get(event);
      if (reason) return { kind: 'refused', reason, problem: REFUSALS[reason] };
      return { kind: stored.has(event) ? 'stored' : 'duplicate' };
    });
  }

  /** Keeps what can't be used as a dead letter. */
  async keepAside(letter: { source: string; body: Buffer; reason: string; problem: string }): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      await this.keep(tx, letter.source, letter.body, { ...letter, receivedAt: await now(tx) });
    });
  }

  private async keep(
    tx: Transaction,
    source: string,
    body: Buffer,
    why: { reason: string; problem: string; receivedAt: Instant },
  ): Promise<void> {
    const { reason, problem, receivedAt } = why;
    await this.deadLetters.add(tx, { source, reason, problem, body, receivedAt });
    this.logger.warn({ msg: 'a delivery was kept aside', source, reason, problem });
  }
}
