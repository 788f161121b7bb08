import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { toIso, type Instant } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { csvCell } from '../platform/csv.js';
import { Problem } from '../platform/problem.js';
import { DriftReporter, type DriftReport } from './drift-report.js';
import { adminResource, groupRules, mappingCsv } from './ga4-mapping.js';
import { LinkDriftReporter, type LinkDriftReport } from './link-drift-report.js';
import { DriftQueryDto, MappingQueryDto } from './utm.dto.js';
import { UtmGovernance } from './utm-governance.js';

const DAY_MS = 86_400_000;
const LONGEST_REPORT_DAYS = 31;

@ApiTags('utm')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/utm')
export class UtmReportsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly governance: UtmGovernance,
    private readonly drift: DriftReporter,
    private readonly linkDrift: LinkDriftReporter,
  ) {}

  @Get('drift')
  @ApiOperation({
    summary: 'How the links that people clicked differ from the schema of then; also as CSV',
    description: 'And how clicks on tracked links came in, beside what these links were made with (`links`).',
  })
  async driftReport(@Query() asked: DriftQueryDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const { from, to } = spanOf(asked, await now(this.dataSource.manager));
    if (asked.format === 'csv') {
      sendsCsv(reply, asked.part === 'links' ? 'utm-drift-of-links.csv' : 'utm-drift.csv');
      if (asked.part === 'links') return linksCsv(await this.linkDrift.report(from, to));
      return csvOf(await this.drift.report(from, to));
    }
    const report = await this.drift.report(from, to);
    return { from: toIso(from), to: toIso(to), ...report, links: await this.linkDrift.report(from, to) };
  }

  @Get('ga4-mapping')
  @ApiOperation({
    summary: 'The channels of the schema as rules of a GA4 channel group; also as CSV',
    description: 'With where GA4 puts each channel by default, and a warning where that is nowhere or elsewhere.',
  })
  async mapping(@Query() { at, format }: MappingQueryDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const tx = this.dataSource.manager;
    const schema = await this.governance.mustSchemaAt(tx, at === undefined ? await now(tx) : Date.parse(at));
    const rules = groupRules(schema);
    if (format === 'json') return { rules, adminApi: adminResource(rules) };
    sendsCsv(reply, 'ga4-channel-group.csv');
    return mappingCsv(rules);
  }
}

function sendsCsv(reply: FastifyReply, name: string): void {
  void reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${name}"`);
}

function spanOf(asked: DriftQueryDto, present: Instant): { from: Instant; to: Instant } {
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

function csvOf({ findings }: DriftReport): string {
  const lines = findings.map((one) => {
    const { kind, severity, key, value, clicks, firstAt, lastAt, channels, suggestion, expected, examples } = one;
    const messages = examples.map(({ message }) => message ?? '').join(' ');
    const cells = [kind, severity, key ?? '', value ?? '', String(clicks), firstAt, lastAt, channels.join(' ')];
    return [...cells, messages, suggestion ?? '', expected].map(csvCell).join(',');
  });
  const header = 'kind,severity,key,value,clicks,first_at,last_at,channels,messages,suggestion,expected';
  return [header, ...lines, ''].join('\r\n');
}

function linksCsv({ findings }: LinkDriftReport): string {
  const columns = [
    ...(['kind', 'seenIn', 'link', 'cta', 'template', 'channel', 'message', 'page', 'key', 'sent', 'came'] as const),
    ...(['clicks', 'firstAt', 'lastAt', 'detail', 'suggestion'] as const),
  ];
  const lines = findings.map((one) => columns.map((name) => csvCell(String(one[name] ?? ''))).join(','));
  const header = columns.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join(',');
  return [header, ...lines, ''].join('\r\n');
}
