import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { DriftReporter } from '../utm/drift-report.js';
import { UtmSchemaStore } from '../utm/utm-schema-store.js';
import type { ChecklistLine } from './checklist-line.js';
import { Downstream } from './downstream.js';
import { judgeDownstream } from './judge-downstream.js';
import { judgeDrift, judgeSchema } from './judge-utm.js';
import { LinkQuestions } from './link-questions.js';
import { SourceQuestions } from './source-questions.js';

const DAY_MS = 86_400_000;

export interface ChecklistQuery {
  /** Of drift and of downstream counts. */
  days: number;
  /** The most that another tool's sessions may differ from clicks by, from 0 to 1. */
  tolerance: number;
  coreCtas: readonly string[];
}

/** Gathers what there is to know of a set-up, and has it judged. Changes nothing. */
@Injectable()
export class Checklist {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schemas: UtmSchemaStore,
    private readonly drift: DriftReporter,
    private readonly downstream: Downstream,
    private readonly links: LinkQuestions,
    private readonly sources: SourceQuestions,
  ) {}

  async look({ days, tolerance, coreCtas }: ChecklistQuery): Promise<{ asOf: Instant; lines: ChecklistLine[] }> {
    const tx = this.dataSource.manager;
    const asOf = await now(tx);
    const lines = [
      await this.links.domainLine(tx),
      ...(await this.utmLines(tx, asOf, days)),
      ...(await this.links.ctaLines(tx, asOf, coreCtas)),
      await this.links.linkLine(tx, asOf),
      ...judgeDownstream(await this.downstream.compare(tx, asOf, days), tolerance),
      ...(await this.sources.sourceLines(tx, asOf)),
      ...(await this.sources.destinationLines()),
    ];
    return { asOf, lines };
  }

  private async utmLines(tx: Transaction, asOf: Instant, days: number): Promise<ChecklistLine[]> {
    const held = (await this.schemas.timeline(tx)).at(asOf);
    if (!held) return [judgeSchema(undefined), judgeDrift(undefined)];
    const { campaigns, ...report } = await this.drift.report(asOf + 1 - days * DAY_MS, asOf + 1);
    return [
      judgeSchema({ version: held.version, validFrom: held.validFrom.getTime() }),
      judgeDrift({ days, ...report, hasFormatChanged: campaigns.hasChanged }),
    ];
  }
}
