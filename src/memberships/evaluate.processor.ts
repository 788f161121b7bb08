import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job } from 'bullmq';
import { logProblems, Nudger } from '../platform/nudger.js';
import { EVALUATE_QUEUE, PROCESSOR_OPTIONS, type EvaluateJob } from '../platform/queues.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { Backfill } from './backfill.js';
import { MembershipEvaluator } from './evaluator.js';

const REST_MS = 5_000;

/** Works off the due profiles of a lane, batch by batch. */
@Processor(EVALUATE_QUEUE, PROCESSOR_OPTIONS)
export class EvaluateProcessor extends WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EvaluateProcessor.name);
  private readonly restingUntil = new Map<number, number>();
  private isStopping = false;

  constructor(
    private readonly evaluator: MembershipEvaluator,
    private readonly backfill: Backfill,
    private readonly nudger: Nudger,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.worker.concurrency = this.settings.evaluateConcurrency;
    logProblems(this.worker, this.logger);
  }

  /** A lane that fails is left alone for a while: its profiles stay due, and the sweep comes back to it. */
  override async process({ data: { lane } }: Job<EvaluateJob>): Promise<void> {
    if (performance.now() < (this.restingUntil.get(lane) ?? 0)) return;
    try {
      await this.workOff(lane);
    } catch (error) {
      this.restingUntil.set(lane, performance.now() + REST_MS);
      this.logger.error({ msg: 'a lane could not be evaluated', lane, err: error });
    }
  }

  /** The batch under way is finished; no new one is begun. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.worker.close();
  }

  /** Of a backfill one step at a time, so that lanes in which something is due need not wait for all of it. */
  private async workOff(lane: number): Promise<void> {
    const most = this.settings.evaluateBatchSize;
    let isMore = true;
    while (isMore && !this.isStopping) {
      const isBackfilling = await this.backfill.step(lane, most);
      const batch = await this.evaluator.evaluateBatch(lane, most);
      if (batch.owedTo.length > 0) this.nudger.deliver(batch.owedTo);
      if (isBackfilling) {
        await this.backfill.giveWay();
        return this.nudger.evaluate([lane]); // behind the lanes that have been waiting
      }
      isMore = batch.profiles === most;
    }
  }
}
