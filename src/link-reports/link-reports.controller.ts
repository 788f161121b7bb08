import { Readable } from 'node:stream';
import { Controller, Get, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { CtaStore } from '../ctas/cta-store.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import type { ProblemEntry } from '../platform/problem.js';
import { AnonymousClicks } from './anonymous-clicks.js';
import { compare, type Pair } from './comparison.js';
import { comparisonCsv } from './comparison-csv.js';
import { comparisonHtml } from './comparison-html.js';
import { CUTS } from './cuts.js';
import { reportCsv } from './report-csv.js';
import { ComparisonQueryDto, LinkReportQueryDto } from './report.dto.js';
import { reportHtml } from './report-html.js';
import { isSettled, questionOf, spanOf, type ReportQuestion, type ReportSpan } from './report-question.js';
import { ReportQuery } from './report-query.js';
import { reportRow, type ReportRow } from './report-row.js';

const BY_CTA_AND_TEMPLATE = CUTS.find(({ key }) => key === 'cta_template')!;

@ApiTags('link reports')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/link-reports')
export class LinkReportsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly figures: ReportQuery,
    private readonly anonymous: AnonymousClicks,
    private readonly ctas: CtaStore,
  ) {}

  @Get()
  @ApiProduces('application/json', 'text/csv', 'text/html')
  @ApiOperation({
    summary: 'What came of links and CTAs',
    description:
      'By CTA, link, template, campaign, utm_content or channel, and by period: clicks by class, people, deliveries and the ' +
      'rate of clicks, checkouts and purchases within a window after the click, net revenue by currency, time to purchase; ' +
      'clicks of nobody known beside them. ' +
      'Also as CSV, and as a page with plots. Days are days in UTC.',
  })
  async report(@Query() asked: LinkReportQueryDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const at = await now(this.dataSource.manager);
    const question = questionOf(asked, at);
    if (asked.format === 'csv') {
      return new StreamableFile(Readable.from(reportCsv(question.cut, this.rows(question))), {
        type: CSV,
        disposition: 'attachment; filename="link-report.csv"',
      });
    }
    const { rows, isComplete } = await this.first(asked.limit, question);
    if (asked.format === 'html') {
      void reply.type(HTML);
      return reportHtml(question, rows, isComplete);
    }
    return {
      ...{ by: question.cut.key, ...shownSpan(question) },
      ...{ isUpToDate: await this.figures.isUpToDate(this.dataSource.manager), isComplete },
      rows: rows.map((row) => ({ ...row, isSettled: isSettled(question, row.period, at) })),
    };
  }

  @Get('comparison')
  @ApiProduces('application/json', 'text/csv', 'text/html')
  @ApiOperation({
    summary: 'One CTA beside another, across templates and periods',
    description:
      'The rates of clicks, checkouts and purchases of both, and how far the primary one is ahead, each with 95% intervals: ' +
      'overall, by period, by template, and by both. Also as CSV, and as a page with plots.',
  })
  async comparison(@Query() asked: ComparisonQueryDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const tx = this.dataSource.manager;
    const at = await now(tx);
    const span = spanOf(asked, at, await this.problemsOf(asked));
    const { primary, secondary } = asked;
    const only = new Map([['cta', [primary, secondary]] as const]);
    const rows: ReportRow[] = [];
    const question = { ...span, cut: BY_CTA_AND_TEMPLATE, only };
    for await (const row of this.figures.rows(question)) rows.push(reportRow(question, row));
    const found = compare(rows, { primary, secondary });
    if (asked.format === 'json') {
      const isUpToDate = await this.figures.isUpToDate(tx);
      const periods = found.periods.map((one) => ({ ...one, isSettled: isSettled(span, one.period, at) }));
      return { primary, secondary, ...shownSpan(span), isUpToDate, ...found, periods };
    }
    void reply.type(asked.format === 'csv' ? CSV : HTML);
    if (asked.format === 'html') return comparisonHtml(found, { primary, secondary }, span);
    void reply.header('content-disposition', 'attachment; filename="cta-comparison.csv"');
    return comparisonCsv(found);
  }

  private async problemsOf({ primary, secondary }: Pair): Promise<ProblemEntry[]> {
    const known = (await this.ctas.list(this.dataSource.manager)).map(({ key }) => key);
    const problems = Object.entries({ primary, secondary })
      .filter(([, key]) => !known.includes(key))
      .map(([name, key]) => ({
        pointer: `/${name}`,
        detail: `there is no CTA "${key}"`,
        expected:
          known.length === 0 ? 'a CTA of the catalogue, which has none yet' : `one of ${known.slice(0, 20).join(', ')}`,
      }));
    if (primary !== secondary) return problems;
    const detail = 'it is the primary CTA itself';
    return [...problems, { pointer: '/secondary', detail, expected: 'another CTA' }];
  }

  private async first(most: number, question: ReportQuestion): Promise<{ rows: ReportRow[]; isComplete: boolean }> {
    const rows: ReportRow[] = [];
    for await (const row of this.rows(question)) {
      if (rows.length === most) return { rows, isComplete: false };
      rows.push(row);
    }
    return { rows, isComplete: true };
  }

  private async *rows(question: ReportQuestion): AsyncGenerator<ReportRow> {
    for await (const row of this.figures.rows(question, this.anonymous)) yield reportRow(question, row);
  }
}

const CSV = 'text/csv; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

function shownSpan({ period, from, to, window, attribution }: ReportSpan) {
  return { timeZone: 'UTC', period, from, to, window, attribution };
}
