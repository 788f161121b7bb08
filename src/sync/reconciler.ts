import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DESTINATIONS, ReadBackFailed, type Destination } from '../destinations/destination.js';
import { now } from '../platform/clock.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import { Nudger } from '../platform/nudger.js';
import { Sweep } from '../platform/sweep.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { AddresseeStore } from './addressee-store.js';
import { repaired, type Discrepancy } from './drift-cause.js';
import { DriftRepair } from './drift-repair.js';
import { Erasures } from './erasures.js';
import { Gates } from './gates.js';
import { SegmentPlaces } from './provisioning/segment-places.js';
import { ReconciliationStore, type ClaimedRun, type Drift } from './reconciliation-store.js';

/**
 * Reads back what destinations hold of the segments that we own, compares it with what they were told, and repairs it. When the
 * process ends a run under way is left; it begins anew when its claim ends.
 */
@Injectable()
export class Reconciler extends Sweep {
  private readonly log = new Logger(Reconciler.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: ReconciliationStore,
    private readonly addressees: AddresseeStore,
    private readonly nudger: Nudger,
    private readonly gates: Gates,
    private readonly places: SegmentPlaces,
    private readonly drift: DriftRepair,
    private readonly erasures: Erasures,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super(10 * settings.sweepIntervalMs);
  }

  /** Asks for what is due by the schedule, then carries out one run. */
  protected override async sweep(): Promise<void> {
    for (const destination of this.destinations) if (destination.readBack) await this.schedule(destination);
    const run = await this.dataSource.transaction((tx) => this.runs.claim(tx));
    if (run) await this.carryOut(run);
  }

  private async schedule(destination: Destination): Promise<void> {
    const { key } = destination;
    if (this.settings.reconcileIntervalMs === 0) return;
    await this.dataSource.transaction(async (tx) => {
      const since = new Date((await now(tx)) - this.settings.reconcileIntervalMs);
      const owned = await this.runs.owned(tx, key);
      const unasked = await this.runs.unaskedSince(tx, key, readableOf(destination, owned), since);
      if (unasked.length > 0) await this.runs.request(tx, key, unasked);
    });
  }

  private async carryOut(run: ClaimedRun): Promise<void> {
    const about = { destination: run.destination, segmentId: run.externalSegmentId };
    try {
      const drift = await this.compare(run);
      const isDrift = drift.missing + drift.extra > 0;
      const line = { msg: 'reconciled', ...about, ...drift };
      if (isDrift) this.log.warn(line);
      else this.log.log(line);
      if (isDrift) this.nudger.deliver([run.destination]);
    } catch (error) {
      if (!(error instanceof ReadBackFailed)) throw error; // the run is taken up again when its claim ends
      await this.dataSource.transaction((tx) => this.runs.finish(tx, run, { problem: error.message }));
      this.log.warn({ msg: 'could not be reconciled', ...about, problem: error.message });
    }
  }

  private async compare(run: ClaimedRun): Promise<Drift> {
    const destination = this.destinations.find((one) => one.key === run.destination);
    if (!destination?.readBack) throw new ReadBackFailed('The destination is not configured to be read back.');
    const seen = { held: 0, strangers: 0, erased: 0 };
    const gate = this.gates.of(destination, { isUrgent: false });
    const segmentId = await this.places.idAt(destination, run.externalSegmentId);
    for await (const page of destination.readBack(segmentId, this.stopping, gate)) {
      const profiles = await this.addressees.profilesOf(this.dataSource.manager, page);
      const known = [...new Set(profiles)].filter((id) => id !== undefined);
      await this.dataSource.transaction((tx) => this.runs.note(tx, run, known));
      const strangers = page.filter((_, index) => profiles[index] === undefined);
      seen.held += page.length;
      seen.strangers += strangers.length;
      seen.erased += await this.erasures.countAmong(this.dataSource.manager, strangers);
    }
    return repeatedTransaction(this.dataSource, async (tx) => {
      const causes = [...(await this.drift.repair(tx, run)), ...strangersOf(seen)];
      const { held, strangers } = seen;
      const found = { held, strangers, missing: repaired(causes, 'missing'), extra: repaired(causes, 'extra'), causes };
      await this.runs.finish(tx, run, found);
      return found;
    });
  }
}

/** Nobody is sent anything about them: whoever was erased is to be erased there by hand. */
function strangersOf({ strangers, erased }: { strangers: number; erased: number }): Discrepancy[] {
  const found = [
    { side: 'stranger', cause: 'erased', profiles: erased, isRepaired: false },
    { side: 'stranger', cause: 'unknown', profiles: strangers - erased, isRepaired: false },
  ] as const;
  return found.filter((one) => one.profiles > 0);
}

/** Of segments, those that a destination can be asked about. */
export function readableOf(destination: Destination, segmentIds: readonly string[]): string[] {
  return segmentIds.filter((id) => destination.isReadable?.(id) ?? true);
}
