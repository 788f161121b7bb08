import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Addressee, Destination, DestinationMessage, SendOutcome } from '../destinations/destination.js';
import { OutboxStore, type ClaimedMessage, type DueLane, type Settlement } from '../outbox/outbox-store.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { LANES } from '../platform/lanes.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { addresseeOf, AddresseeStore } from './addressee-store.js';
import { backoffMs } from './backoff.js';
import { Lateness } from './lateness.js';
import { unitsOf } from './units.js';

/** When what was put off because a source is late is looked at again. */
const LOOK_AGAIN_MS = 60_000;

/** What one round of delivery did. */
export interface DeliveryRound {
  sent: number;
  accepted: number;
  /** How long the destination asked to be left alone, in ms; 0 if it did not. */
  pauseMs: number;
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
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  /**
   * One round: as many messages as the destination takes at once, from as many lanes as that needs. A claim that would
   * outlive its lease is handed back unsent, so that no two processes ever send about the same subject.
   */
  async round(destination: Destination): Promise<DeliveryRound> {
    const startedAt = performance.now();
    const claimed = await this.claim(destination);
    const round: DeliveryRound = { sent: 0, accepted: 0, pauseMs: 0 };
    const ready = await this.withoutUnsure(claimed);
    if (ready.length === 0) return round;
    const addressees = await this.addressees.of(
      this.dataSource.manager,
      ready.map((one) => one.profileId),
    );
    const units = unitsOf(ready);
    for (const [index, unit] of units.entries()) {
      const isLate =
        performance.now() - startedAt > this.settings.deliveryLeaseMs - 3 * this.settings.deliveryTimeoutMs;
      if (round.pauseMs > 0 || (isLate && index > 0)) {
        await this.perLane(units.slice(index).flat(), (tx, messages) => this.outbox.release(tx, messages));
        break;
      }
      await this.deliver(destination, unit, addressees, round);
    }
    this.logger.log({ msg: 'delivered', destination: destination.key, ...round });
    return round;
  }

  private async claim(destination: Destination): Promise<ClaimedMessage[]> {
    const tx = this.dataSource.manager;
    const claimed: ClaimedMessage[] = [];
    const due = await this.outbox.dueLanes(tx, destination.key);
    for (const lane of this.inTurn(due)) {
      const most = destination.batchSize - claimed.length;
      if (most <= 0) break;
      const what = { ...lane, destination: destination.key, most, leaseMs: this.settings.deliveryLeaseMs };
      claimed.push(...(await this.dataSource.transaction((inner) => this.outbox.claim(inner, what))));
    }
    return claimed;
  }

  /**
   * Puts off what rests on something not having happened while the source that would tell of it is late: a purchase may
   * be on its way. It is looked at again a little later.
   */
  private async withoutUnsure(claimed: readonly ClaimedMessage[]): Promise<ClaimedMessage[]> {
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
    await this.perLane([...unsure], (tx, messages) => this.outbox.release(tx, messages, LOOK_AGAIN_MS));
    return claimed.filter((one) => !unsure.has(one));
  }

  /** What is urgent before what is not; within that each round begins at another lane, so that none waits for long. */
  private inTurn(due: readonly DueLane[]): DueLane[] {
    this.rounds += 1;
    const first = this.rounds % LANES;
    const place = ({ lane, priority }: DueLane): number => priority * LANES + ((lane - first + LANES) % LANES);
    return due.toSorted((a, b) => place(a) - place(b));
  }

  private async deliver(
    destination: Destination,
    unit: readonly ClaimedMessage[],
    addressees: ReadonlyMap<number, Addressee>,
    round: DeliveryRound,
  ): Promise<void> {
    const outcomes = await destination.send(unit.map((one) => messageOf(one, addressees.get(one.profileId) ?? {})));
    const settled = new Map(unit.map((one, index) => [one, this.settlementOf(one, outcomes[index]!)]));
    await this.perLane(unit, (tx, messages) =>
      this.outbox.settle(
        tx,
        messages.map((message) => ({ message, outcome: settled.get(message)! })),
      ),
    );
    round.sent += unit.length;
    round.accepted += outcomes.filter((one) => one.kind === 'accepted').length;
    round.pauseMs = Math.max(round.pauseMs, ...outcomes.map((one) => (one.kind === 'retry' && one.retryAfterMs) || 0));
    for (const [message, outcome] of settled) {
      if (outcome.kind !== 'failed') continue;
      const { profileId, subject } = message;
      this.logger.error({
        msg: 'gave up on a message',
        destination: destination.key,
        profileId,
        subject,
        reason: outcome.reason,
      });
    }
  }

  /** One transaction a lane. */
  private async perLane(
    messages: readonly ClaimedMessage[],
    work: (tx: Transaction, ofLane: ClaimedMessage[]) => Promise<void>,
  ): Promise<void> {
    for (const lane of new Set(messages.map((one) => one.lane))) {
      const ofLane = messages.filter((one) => one.lane === lane);
      await this.dataSource.transaction((tx) => work(tx, ofLane));
    }
  }

  private settlementOf(message: ClaimedMessage, outcome: SendOutcome): Settlement {
    if (outcome.kind === 'accepted') return outcome;
    if (outcome.kind === 'rejected') return { kind: 'failed', reason: outcome.reason };
    if (message.attempts + 1 >= this.settings.deliveryMaxAttempts) {
      return { kind: 'failed', reason: `${outcome.reason} (${message.attempts + 1} attempts)` };
    }
    return { kind: 'retry', reason: outcome.reason, afterMs: outcome.retryAfterMs ?? backoffMs(message.attempts) };
  }
}

function messageOf(message: ClaimedMessage, addressee: Addressee): DestinationMessage {
  const { payload, leaving } = message;
  if (payload.kind === 'erasure') return { kind: 'erasure', addressees: payload.addresses.map(addresseeOf) };
  if (payload.kind === 'decision' || leaving.length === 0) return { ...payload, addressee };
  return { ...payload, addressee, leaving: leaving.map(addresseeOf) };
}
