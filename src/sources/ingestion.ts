import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant, Milliseconds } from '../core/instant.js';
import { nowWithDeclaredHeld } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import { isAboutValues, isUnreachable } from '../platform/database-errors.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { Nudger } from '../platform/nudger.js';
import { URGENT } from '../platform/queues.js';
import { Problem } from '../platform/problem.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import { RETENTION_MS } from '../platform/retention.js';
import { ArrivalEvaluation, type EvaluatedArrivals } from '../profiles/arrival-evaluation.js';
import { AskedNames } from '../profiles/asked-names.js';
import { inSpan, traceparent, withOrigins } from '../platform/tracing/tracing.js';
import { eventId } from '../profiles/event-identity.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore, type EventOutcome, type Recorded, type RefusalReason } from '../profiles/event-store.js';
import { timeOf } from '../profiles/event-time.js';
import { identifierKey } from '../profiles/identifier.js';
import { namedBy } from '../profiles/aliases.js';
import type { IncomingEvent } from '../profiles/incoming-event.js';
import { MergeFollower } from '../profiles/merge-follower.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import { DeadLetterStore, type DeadLetter } from './dead-letter-store.js';
import { GroupCommit } from './group-commit.js';
import { INGESTION_LIMITS, type IngestionLimits } from './ingestion-limits.js';
import { LinkFollower, OpenLinks } from './open-links.js';
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
export type Outcome = { kind: 'stored' } | { kind: 'duplicate' } | ({ kind: 'refused' } & Refusal);

/** Why something is kept aside. */
interface Refusal {
  reason: string;
  problem: string;
}

/** What goes into a transaction: an event to be stored, or something that was refused at once. */
type Item = { source: string; body: Buffer; trace?: string | undefined } & (EventItem | { refused: Refusal });

interface EventItem {
  event: IncomingEvent;
  isLive: boolean;
}

const REFUSALS: Record<RefusalReason, string> = {
  conflicting_duplicate: 'an event with this id, but another content, was accepted before; that one stands',
  conflicting_person: 'an event with this id was accepted before about somebody else; that one stands',
  older_than_retention: 'the event is older than events are kept',
  erased: 'it is about somebody who was erased; nothing of it is kept',
};

const OUTCOMES: Record<Outcome['kind'], string> = { stored: 'stored', duplicate: 'duplicate', refused: 'kept_aside' };

const MOST_EVENTS_A_COMMIT = 2_000;
const MOST_BYTES_A_COMMIT = 4_194_304;
const COMMITS_AT_ONCE = 2;

const NOTHING = Buffer.alloc(0);

/** What an event costs while it waits, besides its bytes. */
const EVENT_OVERHEAD_BYTES = 1_024;

/**
 * Takes in what sources state: everything is durable before the sender is answered. What comes at the same time is
 * committed together; when too much waits, more is turned away.
 */
@Injectable()
export class Ingestion implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Ingestion.name);
  private readonly group: GroupCommit<Item, Outcome>;
  private readonly links: LinkFollower;

  constructor(
    private readonly dataSource: DataSource,
    private readonly events: EventStore,
    private readonly histories: EventHistoryStore,
    private readonly deadLetters: DeadLetterStore,
    private readonly freshness: SourceFreshness,
    private readonly arrivals: ArrivalEvaluation,
    private readonly asked: AskedNames,
    private readonly nudger: Nudger,
    private readonly mergeFollower: MergeFollower,
    links: OpenLinks,
    private readonly metrics: Metrics,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
    @Inject(INGESTION_LIMITS) private readonly limits: IngestionLimits,
  ) {
    this.links = new LinkFollower(links);
    this.group = new GroupCommit<Item, Outcome>({
      commit: (items) => this.commit(items),
      refuse: (item, error) => this.refuse(item, error),
      isWorthSplitting: (error) => !isUnreachable(error),
      keysOf,
      bytesOf: (item) => EVENT_OVERHEAD_BYTES + item.body.length,
      mostItems: MOST_EVENTS_A_COMMIT,
      mostBytes: MOST_BYTES_A_COMMIT,
      mostAtOnce: COMMITS_AT_ONCE,
    });
  }

  /** Takes in a verified webhook. Throws a problem (429) while too much waits. */
  async take(source: WebhookSource, delivery: WebhookDelivery): Promise<Receipt> {
    this.refuseOverload();
    const read = source.normalise(delivery);
    if (read.kind === 'skipped') return { status: 'skipped', reason: read.reason };
    const { body } = delivery;
    if (read.kind === 'unusable') {
      await this.keepAside({ source: source.key, body, reason: read.reason, problem: read.problem });
      return { status: 'kept_aside', reason: read.reason };
    }
    const outcomes = await this.record(
      source.key,
      read.events.map((event) => ({ event, body })),
    );
    const stored = outcomes.filter((one) => one.kind === 'stored').length;
    if (stored > 0) return { status: 'stored', events: stored };
    const refused = outcomes.find((one) => one.kind === 'refused');
    return refused ? { status: 'kept_aside', reason: refused.reason } : { status: 'duplicate' };
  }

  /**
   * Stores events, together with whatever else comes at the same time, and tells what became of each, in their order, once
   * that is committed. Throws a problem (429) while too much waits; then none of them is stored. Events that are not live,
   * such as an import's, say nothing about how fresh the source is.
   */
  record(source: string, entries: readonly Entry[], { isLive } = { isLive: true }): Promise<Outcome[]> {
    const trace = traceparent();
    return this.add(entries.map(({ event, body }) => ({ source, body, event, isLive, trace })));
  }

  /** Keeps what can't be used as a dead letter. Throws a problem (429) while too much waits. */
  async keepAside({ source, body, reason, problem }: DeadLetter): Promise<void> {
    await this.add([{ source, body, refused: { reason, problem } }]);
  }

  /** What was taken on is finished. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.group.idle();
  }

  private async add(items: readonly Item[]): Promise<Outcome[]> {
    this.refuseOverload();
    const startedAt = performance.now();
    const outcomes = await this.group.add(items);
    const source = items[0]?.source;
    if (source) this.metrics.receivedToMembership.observe({ source }, (performance.now() - startedAt) / 1000);
    return outcomes;
  }

  private refuseOverload(): void {
    if (this.group.heldBytes < this.limits.mostWaitingBytes) return;
    this.metrics.turnedAway.inc();
    throw Problem.tooManyRequests('More comes in than can be stored just now. Send this again a little later.', 1);
  }

  private commit(items: readonly Item[]): Promise<Outcome[]> {
    const origins = originsAmong(items);
    if (origins.size === 0) return this.commitAll(items);
    const links = [...new Set(origins.values())];
    // Of one trace, or for all of those whose events share the transaction.
    const options = {
      ...(links.length === 1 ? { parent: links[0] } : { links }),
      attributes: { 'turnout.events': items.length },
    };
    return inSpan('commit', options, () => withOrigins(origins, () => this.commitAll(items)));
  }

  private async commitAll(told: readonly Item[]): Promise<Outcome[]> {
    const items = await this.links.follow(told);
    const events = items.filter((item) => 'event' in item);
    const names = namesBySource(events);
    const { outcomes, arrivals, receivedAt } = await repeatedTransaction(this.dataSource, async (tx) => {
      for (const [source, its] of names) await this.histories.begin(tx, source, [...its], this.asked);
      const receivedAt = await nowWithDeclaredHeld(tx);
      const recorded = await this.events.record(tx, { events, receivedAt, retention: this.retention });
      const outcomes = inOrder(items, recorded.outcomes);
      await this.deadLetters.add(tx, lettersAmong(items, outcomes), receivedAt);
      return { outcomes, receivedAt, arrivals: await this.followUp(tx, recorded) };
    });
    for (const [source, its] of names) this.histories.hasBegun(source, [...its]);
    for (const [source, occurredAt] of liveArrivals(items, outcomes, receivedAt))
      this.freshness.note(source, { receivedAt, occurredAt });
    this.count(items, outcomes);
    this.nudger.evaluate(arrivals.lanesDue);
    this.nudger.deliver(arrivals.owedTo, [URGENT]); // what somebody did
    for (const { source, reason, problem } of lettersAmong(items, outcomes)) {
      this.logger.warn({ msg: 'a delivery was kept aside', source, reason, problem });
    }
    return outcomes;
  }

  /** Once a group, not once an event. */
  private count(items: readonly Item[], outcomes: readonly Outcome[]): void {
    const tally = new Map<string, Map<string, number>>();
    items.forEach(({ source }, index) => {
      const of = tally.get(source) ?? new Map<string, number>();
      const { kind } = outcomes[index]!;
      tally.set(source, of.set(kind, (of.get(kind) ?? 0) + 1));
    });
    for (const [source, of] of tally) {
      for (const [kind, count] of of)
        this.metrics.ingested.inc({ source, outcome: OUTCOMES[kind as Outcome['kind']] }, count);
    }
  }

  /** What follows for the profiles: merged ones are evaluated with their merge, all others now. */
  private async followUp(tx: Transaction, { profiles, merges }: Recorded): Promise<EvaluatedArrivals> {
    const owedTo = await this.mergeFollower.follow(tx, merges);
    const merged = new Set(merges.map((one) => one.into));
    const others = profiles.filter((profile) => !merged.has(profile.id));
    const arrivals = await this.arrivals.evaluate(tx, others);
    // One that was merged into may still be due, by an event that is ahead.
    const lanes = profiles.filter((profile) => merged.has(profile.id)).map((profile) => profile.lane);
    return { lanesDue: [...arrivals.lanesDue, ...lanes], owedTo: [...arrivals.owedTo, ...owedTo] };
  }

  /** What the database will never take is kept aside; after any other failure the sender has to send again. */
  private async refuse(item: Item, error: unknown): Promise<Outcome> {
    if (!('event' in item) || !isAboutValues(error)) throw error;
    const refused = { reason: 'not_storable', problem: 'it holds a value that the database refuses' };
    const [outcome] = await this.commit([{ source: item.source, body: item.body, refused }]);
    return outcome!;
  }
}

/** The rows that storing an event locks, as far as it names them: its receipt and whom it is about. */
function keysOf(item: Item): string[] {
  if (!('event' in item)) return [];
  return [`${item.source}\0${item.event.sourceEventId}`, ...namedBy(item.event).map(identifierKey)];
}

/** Where the events among these come from, by their ids; empty while nothing is traced. */
function originsAmong(items: readonly Item[]): Map<string, string> {
  const origins = new Map<string, string>();
  for (const item of items) {
    if (item.trace && 'event' in item) origins.set(eventId(item.source, item.event.sourceEventId), item.trace);
  }
  return origins;
}

function namesBySource(events: readonly { source: string; event: IncomingEvent }[]): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const { source, event } of events) {
    const its = names.get(source) ?? new Set();
    names.set(source, its.add(event.name));
  }
  return names;
}

/** By source from which something live came: when what was news happened, by a clock that is right. */
function liveArrivals(
  items: readonly Item[],
  outcomes: readonly Outcome[],
  receivedAt: Instant,
): Map<string, Instant[]> {
  const arrivals = new Map<string, Instant[]>();
  items.forEach((item, index) => {
    if (!('event' in item) || !item.isLive) return;
    const instants = arrivals.get(item.source) ?? [];
    arrivals.set(item.source, instants);
    if (outcomes[index]!.kind === 'stored') instants.push(timeOf(item.event, receivedAt).occurredAt);
  });
  return arrivals;
}

/** What became of each item, given what became of the events among them. */
function inOrder(items: readonly Item[], recorded: readonly EventOutcome[]): Outcome[] {
  let next = 0;
  return items.map((item) => ('event' in item ? outcomeOf(recorded[next++]!) : { kind: 'refused', ...item.refused }));
}

function outcomeOf(recorded: EventOutcome): Outcome {
  if (recorded === 'stored' || recorded === 'duplicate') return { kind: recorded };
  return { kind: 'refused', reason: recorded, problem: REFUSALS[recorded] };
}

function lettersAmong(items: readonly Item[], outcomes: readonly Outcome[]): DeadLetter[] {
  return items.flatMap(({ source, body }, index) => {
    const outcome = outcomes[index]!;
    if (outcome.kind !== 'refused') return [];
    const kept = outcome.reason === 'erased' ? NOTHING : body;
    return [{ source, body: kept, reason: outcome.reason, problem: outcome.problem }];
  });
}
