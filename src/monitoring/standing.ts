import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { now } from '../platform/clock.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { DELIVER_QUEUE, EVALUATE_QUEUE } from '../platform/queues.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import { deadLetters, decisionsDue, owed, profilesDue, undeliverable } from './backlog.js';
import { drift, segmentsNotReady, shutGates } from './drift.js';
import { Gauges } from './gauges.js';

/** What was read is shown for so long: several scrapers ask the database no more often than one. */
const FRESH_MS = 5_000;

/** A scrape is answered by then, whatever the database does. */
const PATIENCE_MS = 4_000;

const JOB_STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

/** How things stand, for all processes together: read from the database and the queues when somebody asks. */
@Injectable()
export class Standing {
  private readonly logger = new Logger(Standing.name);
  private readonly gauges: Gauges;
  private reading: Promise<void> | undefined;
  private readAt = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly freshness: SourceFreshness,
    metrics: Metrics,
    @InjectQueue(EVALUATE_QUEUE) private readonly evaluateQueue: Queue,
    @InjectQueue(DELIVER_QUEUE) private readonly deliverQueue: Queue,
  ) {
    this.gauges = new Gauges(metrics.registry);
  }

  /** Brings the gauges up to date. Never throws: what can't be read shows nothing, and `turnout_database_up` says 0. */
  async refresh(): Promise<void> {
    this.showPool();
    if (performance.now() - this.readAt < FRESH_MS) return;
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), PATIENCE_MS)));
    const outcome = await Promise.race([this.reading, patience]);
    clearTimeout(timer);
    if (outcome === 'late') this.gauges.forget();
  }

  private async read(): Promise<void> {
    try {
      const at = await now(this.dataSource.manager);
      await this.readDatabase(at);
      await this.readQueues();
      this.gauges.databaseUp.set(1);
      this.readAt = performance.now();
    } catch (error) {
      this.gauges.forget();
      this.logger.warn({ msg: 'how things stand could not be read for the metrics', err: error });
    }
  }

  private async readDatabase(at: Instant): Promise<void> {
    const tx = this.dataSource.manager;
    this.gauges.showDue('profiles', await profilesDue(tx, at));
    this.gauges.showDue('decisions', await decisionsDue(tx, at));
    this.gauges.showOutbox(await owed(tx, at), await undeliverable(tx));
    this.gauges.showDeadLetters(await deadLetters(tx));
    this.gauges.showDrift(await drift(tx, at), await shutGates(tx, at));
    this.gauges.showNotReady(await segmentsNotReady(tx));
    this.gauges.showSources(await this.freshness.all(at), at);
  }

  private async readQueues(): Promise<void> {
    for (const queue of [this.evaluateQueue, this.deliverQueue]) {
      const counts = await queue.getJobCounts(...JOB_STATES);
      for (const state of JOB_STATES) this.gauges.jobs.set({ queue: queue.name, state }, counts[state] ?? 0);
    }
  }

  private showPool(): void {
    const { master } = this.dataSource.driver as unknown as { master: Pool };
    this.gauges.pool.set({ state: 'busy' }, master.totalCount - master.idleCount);
    this.gauges.pool.set({ state: 'idle' }, master.idleCount);
    this.gauges.pool.set({ state: 'awaited' }, master.waitingCount);
    this.gauges.poolSize.set(master.options.max);
  }
}
