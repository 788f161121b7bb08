import { Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { explain } from '../core/evaluate.js';
import type { Instant } from '../core/instant.js';
import { HistoryReader } from '../histories/history-reader.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { PreviewResult } from './preview-result.js';
import { PreviewStore, type Preview } from './preview-store.js';
import type { RuleCount } from './rule-count.js';
import { RuleScan, type ScanProgress } from './rule-scan.js';

const LOOK_MS = 250;

/** Counts the rules that somebody wants to see before they are anything. */
@Injectable()
export class PreviewRun {
  private readonly logger = new Logger(PreviewRun.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly previews: PreviewStore,
    private readonly scan: RuleScan,
    private readonly histories: HistoryReader,
  ) {}

  waiting(): Promise<string[]> {
    return this.previews.running(this.dataSource.manager);
  }

  /** Works on a preview, unless somebody does; whoever dies meanwhile leaves it to the next. */
  async workOff(id: string): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction('REPEATABLE READ');
      const preview = await this.previews.take(runner.manager, id);
      if (preview) await this.finish(runner, preview);
    } finally {
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }

  private async finish(runner: QueryRunner, preview: Preview): Promise<void> {
    const progress: ScanProgress = { judged: 0 };
    const watch = await this.watch(runner, preview.id, progress);
    try {
      const asOf = preview.asOf.getTime();
      const count = await this.scan.count(runner, preview.rule, asOf, progress);
      const sample = await this.explained(runner.manager, count, asOf);
      const { size, pending, insufficientHistory } = count;
      const result: PreviewResult = { size, pending, insufficientHistory, funnel: [...count.funnel], sample };
      // Who looks at it once it is done would take that for a wish that it end.
      await watch.end();
      await this.dataSource.transaction((own) => this.previews.finish(own, preview.id, { state: 'done', result }));
    } catch (error) {
      const end = { state: 'failed' } as const;
      const isFailure = await this.dataSource.transaction((own) => this.previews.finish(own, preview.id, end));
      if (isFailure) this.logger.error({ msg: 'a preview failed', preview: preview.id, err: error });
    } finally {
      await watch.end();
    }
  }

  /**
   * Looks from time to time whether the preview is still wanted, and says how far it has come, until it is told to end: no
   * connection is cut short that others may have by then.
   */
  private async watch(runner: QueryRunner, id: string, progress: ScanProgress): Promise<{ end(): Promise<void> }> {
    const { processID } = (await runner.connect()) as pg.PoolClient & { processID: number };
    const tx = this.dataSource.manager;
    const look = async (): Promise<void> => {
      const isWanted = await this.previews.advance(tx, id, progress.judged);
      if (!isWanted) await query(tx, 'SELECT pg_cancel_backend($1)', [processID]);
    };
    let timer: NodeJS.Timeout | undefined;
    let looking = Promise.resolve();
    let isOver = false;
    const lookLater = (): void => {
      if (isOver) return;
      timer = setTimeout(() => {
        looking = look()
          .catch((error: unknown) => this.logger.warn({ msg: 'a preview could not be looked after', err: error }))
          .then(lookLater);
      }, LOOK_MS);
    };
    lookLater();
    return {
      end: async () => {
        isOver = true;
        clearTimeout(timer);
        await looking;
      },
    };
  }

  private async explained(tx: Transaction, count: RuleCount, asOf: Instant): Promise<PreviewResult['sample']> {
    const revision = await catalogueRevision(tx);
    const sample: PreviewResult['sample'] = [];
    for (const profileId of count.sample) {
      const history = await this.histories.of(tx, profileId, { plans: [count.plan], asOf, revision });
      sample.push({ profileId, because: explain(count.plan, history, asOf) });
    }
    return sample;
  }
}
