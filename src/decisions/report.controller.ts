import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { parseDuration, toIso, type Instant, type Milliseconds } from '../core/instant.js';
import { JourneyStore } from '../journeys/journey-store.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { presentOf } from '../platform/catalogue-revision.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { DECISIONS_KEPT_MS, RETENTION_MS } from '../platform/retention.js';
import { DecisionLog } from './decision-log.js';
import { unknownPoint } from './judge.js';
import { reportCsv } from './report-csv.js';
import { ReportQueryDto } from './report.dto.js';
import { Reporter } from './reporter.js';

const SPAN_MS: Milliseconds = 30 * 86_400_000;

@ApiTags('decisions')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/journeys/:journey/branch-points/:branchPoint/report')
export class ReportController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly journeys: JourneyStore,
    private readonly reporter: Reporter,
    private readonly log: DecisionLog,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
    @Inject(DECISIONS_KEPT_MS) private readonly kept: Milliseconds,
  ) {}

  @Get()
  @ApiProduces('application/json', 'text/csv')
  @ApiOperation({
    summary: 'What came of a branch point',
    description:
      'Share, conversion to purchase and net revenue by branch, what difference they make to the holdout group, with 95% ' +
      'intervals, and whether holdout and splits were drawn as declared. Each profile counts once, by its first decision. ' +
      'Also as CSV, a line a branch and currency.',
  })
  async report(
    @Param('journey') journey: string,
    @Param('branchPoint') branchPoint: string,
    @Query() asked: ReportQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.log.flush();
    const report = await this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      const { now, revision } = await presentOf(tx);
      const shares = await this.journeys.sharesOf(tx, journey, branchPoint);
      if (!shares) {
        const points = (await this.journeys.current(tx, revision)).get(journey)?.branchPoints;
        throw unknownPoint({ journey, branchPoint }, points?.keys());
      }
      const { retention } = this;
      const since = now - Math.min(retention, this.kept);
      const span = { journey, branchPoint, now, ...spanOf(asked, { now, since, retention }) };
      return this.reporter.report(tx, span, shares);
    });
    if (asked.format === 'json') return report;
    void reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="branches.csv"');
    return reportCsv(report);
  }
}

/** Throws a 400 problem that lists every problem. */
function spanOf(
  asked: ReportQueryDto,
  { now, since, retention }: { now: Instant; since: Instant; retention: Milliseconds },
) {
  const problems: ProblemEntry[] = [];
  const window = parseDuration(asked.window) ?? 0;
  if (window === 0 || window > retention) {
    const expected = `a duration such as "14d" or "36h", no longer than events count (${retention / 86_400_000} days)`;
    problems.push({ pointer: '/window', detail: 'not a duration, or too long a one', expected });
  }
  const to = asked.to === undefined ? now + 1 : Date.parse(asked.to);
  const from = asked.from === undefined ? to - SPAN_MS : Date.parse(asked.from);
  if (from >= to) problems.push({ pointer: '/from', detail: 'it is not before "to"', expected: 'an earlier instant' });
  // Older decisions are gone, or what followed them counts no more.
  if (asked.from !== undefined && from < since) {
    const expected = `${toIso(since)} or later`;
    problems.push({ pointer: '/from', detail: 'what followed so long ago is not known any more', expected });
  }
  if (problems.length > 0) throw Problem.badRequest('The query is not right.', problems);
  return { from: Math.max(from, since), to, window };
}
