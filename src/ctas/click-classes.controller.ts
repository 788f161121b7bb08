import { Body, Controller, Get, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { toIso, type Instant } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { csvCell } from '../platform/csv.js';
import { Problem } from '../platform/problem.js';
import type { ClickClassSettings } from './click-class-settings.js';
import { ClickClassSettingsDto, settingsOf, shownSettings } from './click-class-settings.dto.js';
import { ClickClassStore } from './click-class-store.js';
import { ClickReporter, type ClassCounts, type ClickReport } from './click-report.js';
import { ClickReportQueryDto } from './click-report.dto.js';

const DAY_MS = 86_400_000;
const LONGEST_REPORT_DAYS = 31;

@ApiTags('clicks')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/click-classes')
export class ClickClassesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly classes: ClickClassStore,
    private readonly reporter: ClickReporter,
  ) {}

  @Get('settings')
  @ApiOperation({ summary: 'From when on clicks look like a machine’s' })
  async settings() {
    return shownSettings(await this.classes.settings(this.dataSource.manager));
  }

  @Put('settings')
  @ApiOperation({ summary: 'Change that; holds for past clicks, too. What is not given is as by default' })
  async change(@Body() body: ClickClassSettingsDto) {
    const settings = settingsOf(body);
    refuseUseless(settings);
    await this.dataSource.transaction((tx) => this.classes.put(tx, settings));
    return shownSettings(settings);
  }

  @Get('report')
  @ApiOperation({ summary: 'The share of machines among clicks, by day and message; also as CSV' })
  async report(@Query() asked: ClickReportQueryDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const { from, to } = spanOf(asked, await now(this.dataSource.manager));
    const report = await this.reporter.report(from, to);
    if (asked.format === 'csv') {
      void reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="clicks.csv"');
      return csvOf(report);
    }
    const rows = report.rows.map((row) => ({ ...row, machineShare: machineShare(row) }));
    const total = { ...report.total, machineShare: machineShare(report.total) };
    return { from: toIso(from), to: toIso(to), total, reasons: report.reasons, rows };
  }
}

function spanOf(asked: ClickReportQueryDto, present: Instant): { from: Instant; to: Instant } {
  const to = asked.to === undefined ? present + 1 : Date.parse(asked.to);
  const from = asked.from === undefined ? to - 7 * DAY_MS : Date.parse(asked.from);
  if (from < to && to - from <= LONGEST_REPORT_DAYS * DAY_MS + 1) return { from, to };
  throw Problem.badRequest('The span of the report is not right.', [
    {
      pointer: '/from',
      detail: from < to ? `more than ${LONGEST_REPORT_DAYS} days are asked for at once` : 'it is not before "to"',
      expected: `an instant up to ${LONGEST_REPORT_DAYS} days before "to"`,
    },
  ]);
}

function machineShare({ human, suspect, machine }: ClassCounts): number {
  return Math.round((machine / (human + suspect + machine || 1)) * 10_000) / 10_000;
}

/** Days, ids and numbers hold nothing that would have to be quoted, but for ids that a sender made up. */
function csvOf({ rows }: ClickReport): string {
  const lines = rows.map((row) => {
    const { day, message, human, suspect, machine } = row;
    return [day, csvCell(message ?? ''), human, suspect, machine, machineShare(row)].join(',');
  });
  return ['day,message,human,suspect,machine,machine_share', ...lines, ''].join('\r\n');
}

/** Nothing is suspect for coming soon after its delivery where all of that is a machine's; who wants that says so. */
function refuseUseless({ machineAfterDelivery, suspectAfterDelivery }: ClickClassSettings): void {
  if (suspectAfterDelivery === 0 || suspectAfterDelivery > machineAfterDelivery) return;
  throw Problem.badRequest('The settings do not go together.', [
    {
      pointer: '/suspectAfterDelivery',
      detail: `${suspectAfterDelivery / 1_000}s is no longer than machineAfterDelivery, so that it tells of no click`,
      expected: 'a longer duration, or "0s" to turn it off',
    },
  ]);
}
