import { Gauge, type Registry } from 'prom-client';
import type { Instant } from '../core/instant.js';
import type { Freshness } from '../profiles/source-freshness.js';
import type { Due, OwedTo } from './backlog.js';
import type { Drift } from './drift.js';

/** Gauges of how things stand. Counts that come from the database end at some thousands: see `backlog.ts`. */
export class Gauges {
  private readonly all: Gauge[] = [];

  readonly databaseUp = this.gauge(
    'turnout_database_up',
    'Whether the database and the queues could be asked (1) or not (0)',
  );
  readonly pool = this.gauge(
    'turnout_pool_connections',
    'Database connections of this process: busy, idle, awaited',
    'state',
  );
  readonly poolSize = this.gauge('turnout_pool_size', 'The most database connections of this process');
  readonly jobs = this.gauge('turnout_queue_jobs', 'Jobs by queue and state; each is a nudge', 'queue', 'state');

  private readonly due = this.gauge(
    'turnout_due',
    'What is past due: profiles (members and others), decisions',
    'kind',
  );
  private readonly dueAge = this.gauge('turnout_due_oldest_seconds', 'How long the oldest of it has waited', 'kind');
  private readonly outbox = this.gauge(
    'turnout_outbox_messages',
    'What is owed: due, later (a settle delay or a retry), in_flight, failed (waits for a person)',
    ...['destination', 'state'],
  );
  private readonly outboxAge = this.gauge(
    'turnout_outbox_oldest_seconds',
    'How long the oldest message has been due',
    'destination',
  );
  private readonly letters = this.gauge(
    'turnout_dead_letters',
    'What came in and could not be used',
    ...['source', 'reason'],
  );
  private readonly driftMembers = this.gauge(
    'turnout_drift_members',
    'Members that differed when a segment was last compared with the destination: missing there, or extra there',
    ...['destination', 'segment', 'kind'],
  );
  private readonly driftCauses = this.gauge(
    'turnout_drift_causes',
    'The same by what brought it about, over all segments, with what was still to be sent and who is unknown here',
    ...['destination', 'side', 'cause'],
  );
  private readonly driftAge = this.gauge(
    'turnout_drift_age_seconds',
    'How long ago that was; where none came to an end, since the first was asked for',
    ...['destination', 'segment'],
  );
  private readonly notReady = this.gauge(
    'turnout_segments_not_ready',
    'Segments that a destination could not be made to hold yet: pending, or failed (waits for a person)',
    ...['destination', 'state'],
  );
  private readonly shut = this.gauge(
    'turnout_destination_shut',
    'Whether the circuit breaker keeps requests back (1) or not (0)',
    'destination',
  );
  private readonly late = this.gauge('turnout_source_late', 'Whether a source is late against its rhythm', 'source');
  private readonly silence = this.gauge(
    'turnout_source_silence_seconds',
    'How long ago the newest thing happened that a source told of',
    'source',
  );

  constructor(registry: Registry) {
    for (const one of this.all) registry.registerMetric(one);
  }

  /** What is not known is not shown: an old number would look like a good one. */
  forget(): void {
    for (const one of this.all) if (one !== this.pool && one !== this.poolSize) one.reset();
    this.databaseUp.set(0);
  }

  showDue(kind: 'profiles' | 'decisions', { due, oldestSeconds }: Due): void {
    this.due.set({ kind }, due);
    this.dueAge.set({ kind }, oldestSeconds);
  }

  showOutbox(owed: readonly OwedTo[], failed: readonly { destination: string; messages: number }[]): void {
    this.outbox.reset();
    this.outboxAge.reset();
    for (const { destination, state, messages, oldestSeconds } of owed) {
      this.outbox.set({ destination, state }, messages);
      if (state === 'due') this.outboxAge.set({ destination }, oldestSeconds);
    }
    for (const { destination, messages } of failed) this.outbox.set({ destination, state: 'failed' }, messages);
  }

  showDeadLetters(letters: readonly { source: string; reason: string; letters: number }[]): void {
    this.letters.reset();
    for (const { source, reason, letters: count } of letters) this.letters.set({ source, reason }, count);
  }

  showDrift(found: readonly Drift[], gates: readonly { destination: string; isShut: boolean }[]): void {
    for (const one of [this.driftMembers, this.driftCauses, this.driftAge, this.shut]) one.reset();
    for (const { destination, segment, missing, extra, ageSeconds, causes } of found) {
      if (missing !== null) this.driftMembers.set({ destination, segment, kind: 'missing' }, missing);
      if (extra !== null) this.driftMembers.set({ destination, segment, kind: 'extra' }, extra);
      for (const { side, cause, profiles } of causes ?? [])
        this.driftCauses.inc({ destination, side, cause }, profiles);
      this.driftAge.set({ destination, segment }, ageSeconds);
    }
    for (const { destination, isShut } of gates) this.shut.set({ destination }, isShut ? 1 : 0);
  }

  showNotReady(found: readonly { destination: string; state: string; segments: number }[]): void {
    this.notReady.reset();
    for (const { destination, state, segments } of found) this.notReady.set({ destination, state }, segments);
  }

  showSources(sources: readonly Freshness[], at: Instant): void {
    for (const { source, isLate, lastOccurredAt } of sources) {
      this.late.set({ source }, isLate ? 1 : 0);
      if (lastOccurredAt !== null) this.silence.set({ source }, Math.max(0, at - lastOccurredAt) / 1000);
    }
  }

  private gauge<L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> {
    const gauge = new Gauge({ name, help, labelNames, registers: [] });
    this.all.push(gauge);
    return gauge;
  }
}
