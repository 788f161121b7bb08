import { isUtf8 } from 'node:buffer';
import { Body, Controller, Headers, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { isManual, MANUAL_MEMBERSHIP, MANUAL_SOURCE, manualRule } from '../segments/manual-rule.js';
import { PublishedAnswer } from '../segments/published-answer.js';
import { SegmentPublisher } from '../segments/segment-publisher.js';
import { SegmentStore } from '../segments/segment-store.js';
import { PutManualSegmentDto, checkedSegmentKey, pushOf } from '../segments/segment.dto.js';
import { ManualMembers, type ManualChange } from './manual-members.js';
import { MOST_PROBLEMS, notRight, readMemberList } from './member-list.js';

class UploadQueryDto {
  @ApiPropertyOptional({ enum: ['add', 'remove', 'replace'], default: 'add' })
  @IsIn(['add', 'remove', 'replace'])
  mode: 'add' | 'remove' | 'replace' = 'add';
}

/** Segments whose members are named one by one. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key')
export class ManualMembersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly publisher: SegmentPublisher,
    private readonly answer: PublishedAnswer,
    private readonly starts: EventHistoryStore,
    private readonly members: ManualMembers,
  ) {}

  @Post('manual')
  @ApiOperation({ summary: 'Make a segment whose members are uploaded; usable in rules like any other' })
  async create(@Param('key') key: string, @Body() body: PutManualSegmentDto) {
    const published = await this.dataSource.transaction(async (tx) => {
      await heldCatalogueRevision(tx); // one change after another
      const known = await this.segments.find(tx, key);
      if (known && !isManual(key, known.rule))
        throw Problem.conflict(`There is a segment "${key}" with a rule already.`);
      // Nobody was in it before: what no fact tells is known to be so, however far back.
      await this.starts.declare(tx, MANUAL_SOURCE, 0, [MANUAL_MEMBERSHIP]);
      return this.publisher.publish(tx, {
        key: checkedSegmentKey(key),
        rule: manualRule(key),
        push: pushOf(key, body),
      });
    });
    return this.answer.after(key, published);
  }

  @Put('members')
  @ApiConsumes('application/x-ndjson', 'text/csv')
  @ApiBody({ schema: { type: 'string', example: '{"customer_id": "42"}\n{"email": "ada@example.com"}\n' } })
  @ApiOperation({
    summary: 'Take people into a manual segment, out of it, or make these its members',
    description:
      'Lines that name nobody are set aside and told in `problems`, the first of them; a list that replaces another is refused then.',
  })
  async upload(
    @Param('key') key: string,
    @Query() { mode }: UploadQueryDto,
    @Headers('content-type') type: string,
    @Body() body: unknown,
  ): Promise<ManualChange & { setAside: number; problems: ProblemEntry[] }> {
    const segment = await this.segments.find(this.dataSource.manager, key);
    if (!segment) throw Problem.notFound(`There is no segment "${key}".`);
    if (!isManual(key, segment.rule)) {
      throw Problem.conflict(
        `The members of "${key}" follow from its rule. Upload to a segment made by POST …/manual.`,
      );
    }
    const { entries, problems } = readMemberList(textOf(body), type.startsWith('text/csv') ? 'csv' : 'ndjson');
    // Whoever a wrong line means would be taken out by a replacement.
    if (problems.length > 0 && (mode === 'replace' || entries.length === 0)) throw notRight(problems);
    const changed =
      mode === 'replace'
        ? await this.members.replace(key, entries)
        : await this.members.change(key, entries, mode === 'add');
    return { ...changed, setAside: problems.length, problems: problems.slice(0, MOST_PROBLEMS) };
  }
}

function textOf(body: unknown): string {
  if (!Buffer.isBuffer(body)) {
    throw Problem.unsupportedMediaType('Send the list as "application/x-ndjson" or "text/csv".');
  }
  if (!isUtf8(body)) throw Problem.badRequest('The body is not UTF-8.');
  return body.toString();
}
