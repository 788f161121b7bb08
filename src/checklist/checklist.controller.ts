import { Body, Controller, Get, Headers, HttpCode, HttpStatus, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { isTimeZone } from '../core/calendar.js';
import { toIso } from '../core/instant.js';
import { noteChange } from '../platform/audit/changes.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { gravestOf } from './checklist-line.js';
import { Checklist } from './checklist.js';
import { ChecklistQueryDto, DownstreamQueryDto } from './checklist.dto.js';
import { DownstreamStore } from './downstream-store.js';
import { readCounts } from './read-counts.js';

/** Whether all is set up that clicks need to be told of rightly. */
@ApiTags('audit')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/audit')
export class ChecklistController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly checklist: Checklist,
    private readonly downstream: DownstreamStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The set-up checklist: what is as it should be, what is not, what shows it, and what to do next',
  })
  async look(@Query() { days, tolerance, ctas }: ChecklistQueryDto) {
    const { asOf, lines } = await this.checklist.look({ days, tolerance: tolerance / 100, coreCtas: ctas });
    return { asOf: toIso(asOf), state: gravestOf(lines), lines };
  }

  @Post('downstream')
  @HttpCode(HttpStatus.OK)
  @ApiConsumes('text/csv', 'application/x-ndjson')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiOperation({
    summary: 'What another tool counted a day by campaign, source or landing page, to be held against the clicks',
    description:
      'A day that is sent again is replaced whole. Columns: day, utm_campaign | utm_source | landing, sessions | conversions.',
  })
  async import(
    @Query() { tool, timeZone }: DownstreamQueryDto,
    @Headers('content-type') type: string | undefined,
    @Body() body: unknown,
  ) {
    if (!Buffer.isBuffer(body)) {
      throw Problem.unsupportedMediaType('The body has to be a file: text/csv or application/x-ndjson.');
    }
    if (!isTimeZone(timeZone)) {
      const entry = { pointer: '/timeZone', detail: 'it is no time zone', expected: 'a name such as "Europe/Berlin"' };
      throw Problem.badRequest('The request is not right.', [entry]);
    }
    const file = readCounts(body, type?.startsWith('text/csv') ? 'csv' : 'ndjson');
    noteChange({ tool, rows: file.rows.length });
    const days = await this.dataSource.transaction((tx) => this.downstream.put(tx, { tool, timeZone, ...file }));
    const { metric, dimension, rows } = file;
    return { tool, metric, dimension, timeZone, rows: rows.length, days };
  }
}
