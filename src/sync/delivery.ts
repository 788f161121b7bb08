import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Addressee, Destination, SendOutcome } from '../destinations/destination.js';
import { runBounded } from '../destinations/run-bounded.js';
import type { Gate } from '../destinations/gate.js';
import type { ClaimedMessage, Settled, Settlement } from '../outbox/claimed-message.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { now } from '../platform/clock.js';
import { LANES } from '../platform/lanes.js';
import { URGENT } from '../platform/queues.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { AddresseeStore } from './addressee-store.js';
import { backoffMs } from './backoff.js';
import { Gates, PATIENCE_MS } from './gates.js';
import { Lateness } from './lateness.js';
import { SegmentPlaces } from './provisioning/segment-places.js';
import { messageOf, type About } from './owed-messages.js';
import { Settling } from './settling.js';
import { tracedSend } from './traced-send.js';
import { unitsOf } from './units.js';

/** Of a claim, so many units are sent at once; the gate says how many of their requests are. */
const UNITS_AT_ONCE = 8;

/** When what was put off because a source is late is looked at again. */
const LOOK_AGAIN_MS = 60_000;

/** What one round of delivery did. */
export interface DeliveryRound {
  claimed: number;
  sent: number;
  accepted: number;
  /** How long nothing more will be let through to the destination, in ms; 0 if it will. */
  heldMs: number;
}

/** A round under way. */
interface Sending extends About {
  destination: Destination;
  gate: Gate;
  settling: Settling;
  round: DeliveryRound;
  isOver: () => boolean;
}

/** Sends what a destination is owed: claim, send, settle, with nothing sent inside a transaction. */
@Injectable()
export class Delivery {
  private readonly logger = new Logger(Delivery.name);
  private rounds = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: OutboxStore,
    private readonly addressees: AddresseeStore,
    private readonly lateness: Lateness,
    private readonly places: SegmentPlaces,
    private readonly gates: Gates,
    private readonly metrics: Metrics,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  /**
   * One round: as many messages of a priority as the destination takes at once, from as many lanes as that needs. What the
   * destination's gate lets through no more, or what would outlive its claim's lease, is handed back unsent, so that no two
   * processes ever send about the same subject.
   */
  async round(destination: Destination, priority: number): Promise<DeliveryRound> {
    const round: DeliveryRound = { claimed: 0, sent: 0, accepted: 0, heldMs: 0 };
    const shutForMs = await this.gates.shutForMs(destination);
    if (shutForMs > PATIENCE_MS) return { ...round, heldMs: shutForMs };
    const startedAt = performance.now();
    const claimed = await this.claim(destination, priority);
    const { sendable, externalIds } = await this.places.resolve(destination, claimed);
    const ready = await this.withoutUnsure(sendable);
    round.claimed = claimed.length;
    if (ready.length === 0) return round;
    const { deliveryLeaseMs: leaseMs, deliveryTimeoutMs: timeoutMs } = this.settings;
    const longestMs = leaseMs - 3 * timeoutMs;
    await this.send(ready, {
      destination,
      gate: this.gates.of(destination, { isUrgent: priority === URGENT, until: startedAt + leaseMs - timeoutMs }),
      externalIds,
      addressees: await this.addresseesOf(ready),
      known: await this.knownTo(destination, ready),
      settling: new Settling(this.dataSource, this.outbox),
      round,
      isOver: () => round.heldMs > 0 || (round.sent > 0 && performance.now() - startedAt > longestMs),
    });
    // What is accepted the metrics count: a line for each batch was nearly all of the log.
    const line = { msg: 'delivered', destination: destination.key, priority, ...round };
    if (round.accepted < round.sent) this.logger.log(line);
    else this.logger.debug(line);
    return round;
  }

  private claim(destination: Destination, priority: number): Promise<ClaimedMessage[]> {
    return this.outbox.claim(this.dataSource.manager, {
      ...{ lanes: this.lanesInTurn(), priority, destination: destination.key },
      ...{ most: destination.batchSize, leaseMs: this.settings.deliveryLeaseMs },
    });
  }

  /**
   * Puts off what rests on something not having happened while the source that would tell of it is late: a purchase may
   * be on its way. It is looked at again a little later.
   */
  private async withoutUnsure(claimed: readonly ClaimedMessage[]): Promise<ClaimedMessage[]> {
    if (!claimed.some(({ payload }) => payload.kind === 'membership' && payload.unsure)) return [...claimed];
    const unsure = new Set<ClaimedMessage>();
    const at = await now(this.dataSource.manager);
    const isLate = new Map<string, boolean>();
    for (const one of claimed) {
      const why = one.payload.kind === 'membership' ? one.payload.unsure : undefined;
      if (!why || at >= why.until) continue;
      const key = JSON.stringify(why.absent);
      if (!isLate.has(key)) isLate.set(key, await this.lateness.isLate(why.absent));
      if (isLate.get(key)) unsure.add(one);
    }
    await this.release([...unsure], LOOK_AGAIN_MS);
    return claimed.filter((one) => !unsure.has(one));
  }

  /** Each round begins at another lane, so that none waits for long. */
  private lanesInTurn(): number[] {
    this.rounds += 1;
    return Array.from({ length: LANES }, (_, place) => (this.rounds + place) % LANES);
  }

  private addresseesOf(messages: readonly ClaimedMessage[]): Promise<Map<number, Addressee>> {
    return this.addressees.of(this.dataSource.manager, distinctProfiles(messages));
  }

  private async knownTo({ key }: Destination, messages: readonly ClaimedMessage[]): Promise<Set<number>> {
    const coming = messages.filter(({ payload }) => payload.kind === 'membership' && payload.isMember);
    if (coming.length === 0) return new Set();
    return this.addressees.knownTo(this.dataSource.manager, key, distinctProfiles(coming));
  }

  /** Sends unit by unit; what is not sent any more is handed back. */
  private async send(messages: readonly ClaimedMessage[], sending: Sending): Promise<void> {
    const unsent: ClaimedMessage[] = [];
    await runBounded(unitsOf(messages), UNITS_AT_ONCE, async (unit) => {
      if (sending.isOver()) unsent.push(...unit);
      else unsent.push(...(await this.sendUnit(unit, sending)));
    });
    await this.release(unsent, sending.round.heldMs);
    await sending.settling.done();
  }

  /** Returns what the gate did not let through. */
  private async sendUnit(unit: readonly ClaimedMessage[], sending: Sending): Promise<ClaimedMessage[]> {
    const { destination, gate, settling, round } = sending;
    const messages = unit.map((one) => messageOf(one, sending));
    const startedAt = performance.now();
    const outcomes = await tracedSend(destination.key, unit, () => destination.send(messages, gate));
    this.metrics.sendSeconds.observe({ destination: destination.key }, (performance.now() - startedAt) / 1000);
    this.count(destination.key, outcomes);
    const held: ClaimedMessage[] = [];
    const settled: Settled[] = [];
    for (const [index, message] of unit.entries()) {
      const outcome = outcomes[index]!;
      if (outcome.kind === 'held') {
        held.push(message);
        round.heldMs = Math.max(round.heldMs, outcome.forMs);
      } else {
        settled.push({ message, outcome: this.settlementOf(message, outcome) });
        if (outcome.kind === 'accepted') round.accepted += 1;
      }
    }
    settling.add(settled);
    round.sent += settled.length;
    for (const { message, outcome } of settled) this.logFailure(message, outcome);
    return held;
  }

  private count(destination: string, outcomes: readonly SendOutcome[]): void {
    const counts = new Map<SendOutcome['kind'], number>();
    for (const { kind } of outcomes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    for (const [outcome, count] of counts) this.metrics.sends.inc({ destination, outcome }, count);
  }

  private async release(messages: readonly ClaimedMessage[], afterMs = 0): Promise<void> {
    if (messages.length === 0) return;
    await this.dataSource.transaction((tx) => this.outbox.release(tx, messages, afterMs));
  }

  /** The destination's own words stay with the dead letter: they may name somebody whom we did not. */
  private logFailure({ destination, profileId, subject }: ClaimedMessage, outcome: Settlement): void {
    if (outcome.kind !== 'failed') return;
    const [reason] = outcome.reason.split(':');
    const about = { destination, profileId, subject, reason };
    this.logger.error({ msg: 'gave up on a message', ...about });
  }

  private settlementOf(message: ClaimedMessage, outcome: Exclude<SendOutcome, { kind: 'held' }>): Settlement {
    if (outcome.kind === 'accepted') return outcome;
    if (outcome.kind === 'rejected') return { kind: 'failed', reason: outcome.reason };
    if (message.attempts + 1 >= this.settings.deliveryMaxAttempts) {
      return { kind: 'failed', reason: `${outcome.reason} (${message.attempts + 1} attempts)` };
    }
    return { kind: 'retry', reason: outcome.reason, afterMs: outcome.retryAfterMs ?? backoffMs(message.attempts) };
  }
}

function distinctProfiles(messages: readonly ClaimedMessage[]): number[] {
  return [...new Set(messages.map((one) => one.profileId))];
}
