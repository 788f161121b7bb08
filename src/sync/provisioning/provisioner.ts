import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DESTINATIONS, type Destination, type ProvisionOutcome } from '../../destinations/destination.js';
import type { Gate } from '../../destinations/gate.js';
import { OutboxWaiting } from '../../outbox/outbox-waiting.js';
import type { Transaction } from '../../platform/database.js';
import { LANES } from '../../platform/lanes.js';
import { Nudger } from '../../platform/nudger.js';
import { Sweep } from '../../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../../platform/worker-settings.js';
import { AccountStore } from '../account-store.js';
import { backoffMs } from '../backoff.js';
import { Gates } from '../gates.js';
import { ProvisionStore, type ClaimedProvision } from './provision-store.js';

/** Why a segment is not ready, and when that is looked at again; null: a person has to act. */
interface Setback {
  problem: string;
  afterMs: number | null;
}

const LOOK_AGAIN_MS = 5_000;
/** A worker that is gone is followed by another one after it; looking for a segment and making it take two timeouts at most. */
const SHORTEST_LEASE_MS = 120_000;

type Ready = Extract<ProvisionOutcome, { kind: 'ready' }>;

/**
 * Has destinations make the segments that are pushed there, or take over those that there are. What is owed about one waits
 * until it is ready. At any point a process may end: another one takes it up when the lease of the first is over.
 */
@Injectable()
export class Provisioner extends Sweep {
  private readonly log = new Logger(Provisioner.name);
  private readonly timeoutMs: number;
  private readonly leaseMs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ProvisionStore,
    private readonly accounts: AccountStore,
    private readonly waiting: OutboxWaiting,
    private readonly gates: Gates,
    private readonly nudger: Nudger,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) settings: WorkerSettings,
  ) {
    super(5 * settings.sweepIntervalMs);
    this.timeoutMs = settings.deliveryTimeoutMs;
    this.leaseMs = Math.max(SHORTEST_LEASE_MS, 3 * this.timeoutMs);
  }

  /** One after another: at two requests each, no destination minds. */
  protected override async sweep(): Promise<void> {
    const able = this.destinations.filter((one) => 'provision' in one);
    for (const one of able) await this.follow(one);
    const keys = able.map((one) => one.key);
    while (!this.stopping.aborted) {
      const until = performance.now() + this.leaseMs - this.timeoutMs;
      const run = await this.dataSource.transaction((tx) => this.store.claim(tx, keys, this.leaseMs));
      if (!run) return;
      const destination = able.find((one) => one.key === run.destination)!;
      await this.carryOut(run, destination, this.gates.of(destination, { isUrgent: false, until }));
    }
  }

  /** A destination may have come to be used by another account. */
  private async follow(destination: Destination): Promise<void> {
    const account = accountOf(destination);
    await this.accounts.note(this.dataSource.manager, destination.key, account);
    await this.store.followAccount(this.dataSource.manager, destination.key, account);
  }

  private async carryOut(run: ClaimedProvision, destination: Destination, gate: Gate): Promise<void> {
    const account = accountOf(destination);
    const { segmentId, name, adopt, externalId } = run;
    const known = externalId !== null && run.account === account ? { externalId } : {};
    const outcome = await destination.provision!({ segmentId, name, adopt, ...known }, gate);
    if (outcome.kind === 'ready') await this.makeReady(run, account, outcome);
    else await this.inTurn(run, (tx) => this.store.giveBack(tx, run, setbackOf(run, outcome)));
    this.report(run, outcome);
  }

  private async makeReady(run: ClaimedProvision, account: string, ready: Ready): Promise<void> {
    const hindrance = ready.origin === 'adopted' ? await this.hindranceTo(run, ready.externalId) : undefined;
    if (hindrance) return this.inTurn(run, (tx) => this.store.giveBack(tx, run, hindrance));
    // A new one in the place of one that is gone holds nobody of those whom the other one held.
    if (run.externalId !== null && (run.externalId !== ready.externalId || run.account !== account)) {
      await this.inTurn(run, (tx) => this.store.suspend(tx, run));
      await this.laneByLane(run, (tx, lane) => this.waiting.restate(tx, lane, run));
    }
    await this.inTurn(run, (tx) => this.store.markReady(tx, run, account, ready));
    await this.laneByLane(run, (tx, lane) => this.waiting.wake(tx, lane, run));
    await this.inTurn(run, (tx) => this.store.finish(tx, run));
    this.nudger.deliver([run.destination]);
  }

  /** What keeps a segment there from becoming this one: it has another owner, or those of the last one are still leaving. */
  private async hindranceTo(run: ClaimedProvision, externalId: string): Promise<Setback | undefined> {
    const tx = this.dataSource.manager;
    const owner = await this.store.ownerOf(tx, run, externalId);
    if (owner !== undefined) {
      return { problem: `segment ${externalId} there is that of "${owner}": give another "name"`, afterMs: null };
    }
    const byNumber = { destination: run.destination, segmentId: externalId };
    const isOwed =
      (await this.store.mayStillLeave(tx, run.destination, externalId)) || (await this.waiting.isOwed(tx, byNumber));
    if (!isOwed) return undefined;
    return {
      problem: `waits until what is owed to segment ${externalId} by its number is sent`,
      afterMs: LOOK_AGAIN_MS,
    };
  }

  private async laneByLane(
    run: ClaimedProvision,
    work: (tx: Transaction, lane: number) => Promise<void>,
  ): Promise<void> {
    for (let lane = 0; lane < LANES; lane++) await this.inTurn(run, (tx) => work(tx, lane));
  }

  /** Throws where another worker has taken it meanwhile. */
  private async inTurn(run: ClaimedProvision, work: (tx: Transaction) => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      if (!(await this.store.holds(tx, run, this.leaseMs)))
        throw new Error('Another worker has taken the segment to be made.');
      await work(tx);
    });
  }

  private report({ destination, segmentId }: ClaimedProvision, outcome: ProvisionOutcome): void {
    const about = { destination, segmentId };
    if (outcome.kind === 'ready') {
      const { externalId, origin } = outcome;
      this.log.log({ msg: 'a segment is ready at the destination', ...about, externalId, origin });
    } else if (outcome.kind !== 'held') {
      this.log.warn({ msg: 'a segment is not ready at the destination', ...about, outcome: outcome.kind });
    }
  }
}

/** Where there is nothing to tell accounts apart by, there is one. */
export function accountOf({ account = '' }: Destination): string {
  return account;
}

function setbackOf({ attempts }: ClaimedProvision, outcome: Exclude<ProvisionOutcome, Ready>): Setback {
  if (outcome.kind === 'refused') return { problem: outcome.problem, afterMs: null };
  if (outcome.kind === 'held') return { problem: 'waits for its turn', afterMs: outcome.forMs };
  return { problem: outcome.reason, afterMs: outcome.retryAfterMs ?? backoffMs(attempts) };
}
