import { Body, Controller, Get, HttpCode, HttpStatus, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Min } from 'class-validator';
import { DataSource } from 'typeorm';
import type { Rule } from '../core/rule.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { PublishedAnswer } from './published-answer.js';
import { sayDifference } from './say-difference.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore, type VersionView } from './segment-store.js';
import { RollbackDto } from './segment.dto.js';
import { shownSegment } from './shown-segment.js';

class DifferenceQueryDto {
  @ApiPropertyOptional({ description: 'The version to compare with; the one before unless given' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  against?: number;
}

/** What a segment said, says, and is to say again. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key')
export class SegmentVersionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly publisher: SegmentPublisher,
    private readonly answer: PublishedAnswer,
  ) {}

  @Get('versions')
  @ApiOperation({ summary: 'Every version of a segment, newest first, and what each changed' })
  async list(@Param('key') key: string) {
    const versions = await this.versionsOf(key);
    return {
      versions: versions.map((one, index) => ({
        ...shownSegment(one),
        isInForce: one.isInForce,
        changes: versions[index + 1] ? differenceOf(versions[index + 1]!, one) : [],
      })),
    };
  }

  @Get('versions/:version/difference')
  @ApiOperation({ summary: 'What a version changed, in English' })
  async difference(
    @Param('key') key: string,
    @Param('version', ParseIntPipe) version: number,
    @Query() { against = version - 1 }: DifferenceQueryDto,
  ) {
    const versions = await this.versionsOf(key);
    const after = pick(versions, version);
    if (against === 0) return { version, against: null, changes: [] };
    return { version, against, changes: differenceOf(pick(versions, against), after) };
  }

  @Post('rollback')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Publish again what a version said, as the next version, in one step' })
  async rollback(@Param('key') key: string, @Body() { version }: RollbackDto) {
    const published = await this.dataSource.transaction(async (tx) => {
      const { rule, push } = pick(await this.segments.versions(tx, key), version);
      return this.publisher.publish(tx, { key, rule: rule as Rule, push });
    });
    return this.answer.after(key, published);
  }

  private async versionsOf(key: string): Promise<VersionView[]> {
    const versions = await this.segments.versions(this.dataSource.manager, key);
    if (versions.length === 0) throw Problem.notFound(`There is no segment "${key}".`);
    return versions;
  }
}

function pick(versions: readonly VersionView[], version: number): VersionView {
  const found = versions.find((one) => one.version === version);
  if (!found) throw Problem.notFound(`There is no version ${version} of the segment.`);
  return found;
}

function differenceOf(before: VersionView, after: VersionView): string[] {
  return sayDifference(
    { rule: before.rule as Rule, push: before.push },
    { rule: after.rule as Rule, push: after.push },
  );
}
