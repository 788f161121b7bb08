import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { isTimeZone } from '../core/calendar.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { SegmentStore } from '../segments/segment-store.js';
import { Backfill } from './backfill.js';
import { MemberPages, type MemberPage } from './member-pages.js';
import { MemberStore, type ActivityQuestion, type MemberRow } from './member-store.js';
import { CONTENT_TYPES, membersFile, type FileFormat } from './members-file.js';
import { progressOf } from './progress.js';
import { ActivityQueryDto, MembersQueryDto } from './members-query.dto.js';

const ROWS_AT_ONCE = 2_000;
const MOST_SPANS = 1_000;
const SPAN_MS = { hour: 3_600_000, day: 86_400_000 };
const SPANS_UNLESS_GIVEN = { hour: 24, day: 30 };

/** Who is in a segment, and how it grew and shrank. */
@ApiTags('memberships')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key')
export class MembersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly members: MemberStore,
    private readonly memberPages: MemberPages,
    private readonly backfill: Backfill,
  ) {}

  @Get('members')
  @ApiOperation({ summary: 'Members of a segment, page by page, and when each leaves if no event comes' })
  async page(@Param('key') key: string, @Query() { after, limit }: MembersQueryDto) {
    await this.mustExist(key);
    return this.memberPages.page(this.dataSource.manager, key, after, limit);
  }

  @Get('members.csv')
  @ApiOperation({ summary: 'All members as CSV' })
  csv(@Param('key') key: string, @Res() reply: FastifyReply) {
    return this.file(key, 'csv', reply);
  }

  @Get('members.ndjson')
  @ApiOperation({ summary: 'All members, one JSON object a line' })
  ndjson(@Param('key') key: string, @Res() reply: FastifyReply) {
    return this.file(key, 'ndjson', reply);
  }

  @Get('activity')
  @ApiOperation({ summary: 'Size, and how many entered and exited, by hour or day of a time zone' })
  async activity(@Param('key') key: string, @Query() asked: ActivityQueryDto) {
    await this.mustExist(key);
    const tx = this.dataSource.manager;
    const question = spanOf(asked, await now(tx));
    const spans = await this.members.activity(tx, key, question);
    return { key, unit: question.unit, timeZone: question.timeZone, size: await this.members.size(tx, key), spans };
  }

  @Get('backfill')
  @ApiOperation({ summary: 'How far the version in force has been applied to everybody' })
  async applied(@Param('key') key: string) {
    const tx = this.dataSource.manager;
    const found = await this.backfill.progress(tx, key);
    if (!found) throw Problem.notFound(`There is no segment "${key}".`);
    const { version, beganAt, done, profiles } = found;
    return {
      key,
      version,
      state: done < profiles ? 'running' : 'done',
      beganAt: beganAt.toISOString(),
      progress: progressOf({ done, of: profiles, elapsedMs: (await now(tx)) - beganAt.getTime() }),
    };
  }

  private async file(key: string, format: FileFormat, reply: FastifyReply): Promise<void> {
    await this.mustExist(key);
    await reply
      .type(CONTENT_TYPES[format])
      .header('content-disposition', `attachment; filename="${key}.${format}"`)
      .send(Readable.from(membersFile(this.pages(key), format)));
  }

  private async *pages(key: string): AsyncGenerator<MemberRow[]> {
    for (let after: string | null = '0'; after !== null;) {
      const page: MemberPage = await this.memberPages.page(this.dataSource.manager, key, after, ROWS_AT_ONCE);
      if (page.members.length > 0) yield page.members;
      after = page.next;
    }
  }

  private async mustExist(key: string): Promise<void> {
    const segment = await this.segments.find(this.dataSource.manager, key);
    if (!segment) throw Problem.notFound(`There is no segment "${key}".`);
  }
}

/** Throws a 400 problem where there would be too many spans, or none, or no time zone is named. */
function spanOf({ unit, from, to, timeZone: name }: ActivityQueryDto, present: number): ActivityQuestion {
  if (!isTimeZone(name)) {
    const expected = 'the IANA name of a time zone, such as "Europe/Berlin"';
    throw Problem.badRequest('The query is not right.', [
      { pointer: '/timeZone', detail: 'it is no time zone', expected },
    ]);
  }
  // PostgreSQL does not know all names that we do, and means another zone by some, such as IST.
  const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
  const end = to === undefined ? present + 1 : Date.parse(to);
  const start = from === undefined ? end - SPANS_UNLESS_GIVEN[unit] * SPAN_MS[unit] : Date.parse(from);
  if (start < end && end - start <= MOST_SPANS * SPAN_MS[unit]) {
    return { unit, from: new Date(start), to: new Date(end), timeZone };
  }
  const detail = start < end ? `there are more than ${MOST_SPANS} ${unit}s between` : '"from" is not before "to"';
  const expected = `an instant before "to", at most ${MOST_SPANS} ${unit}s`;
  throw Problem.badRequest('The time asked about is not right.', [{ pointer: '/from', detail, expected }]);
}
