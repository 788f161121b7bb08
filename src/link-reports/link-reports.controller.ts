import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { reportCsv } from './report-csv.js';
import { LinkReportQueryDto } from './report.dto.js';
import { isSettled, questionOf, type ReportQuestion } from './report-question.js';
import { ReportQuery } from './report-query.js';
import { reportRow, type ReportRow } from './report-row.js';

@ApiTags('link reports')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/link-reports')
export class LinkReportsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly figures: ReportQuery,
  ) {}

  @Get()
  @ApiProduces('application/json', 'text/csv')
  @ApiOperation({
    summary: 'What came of links and CTAs',
    description:
      'By CTA, link, template, campaign, utm_content or channel, and by period: clicks by class, people, deliveries and the ' +
      'rate of clicks, checkouts and purchases within a window after the click, net revenue by currency, time to purchase. ' +
      'Also as CSV. Days are days in UTC.',
  })
  async report(@Query() asked: LinkReportQueryDto) {
    const at = await now(this.dataSource.manager);
    const question = questionOf(asked, at);
    if (asked.format === 'csv') {
      return new StreamableFile(Readable.from(reportCsv(question.cut, this.rows(question))), {
        type: 'text/csv; charset=utf-8',
        disposition: 'attachment; filename="link-report.csv"',
      });
    }
    return this.shown(question, asked.limit, at);
  }

  private async shown(question: ReportQuestion, limit: number, at: Instant) {
    const { cut, only: _, step: _step, ...span } = question;
    const rows: (ReportRow & { isSettled: boolean })[] = [];
    let isComplete = true;
    for await (const row of this.rows(question)) {
      isComplete = rows.length < limit;
      if (!isComplete) break;
      rows.push({ ...row, isSettled: isSettled(question, row.period, at) });
    }
    const isUpToDate = await this.figures.isUpToDate(this.dataSource.manager);
    return { by: cut.key, timeZone: 'UTC', ...span, isUpToDate, isComplete, rows };
  }

  private async *rows(question: ReportQuestion): AsyncGenerator<ReportRow> {
    for await (const row of this.figures.rows(question)) yield reportRow(question, row);
  }
}
