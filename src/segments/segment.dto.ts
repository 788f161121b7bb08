import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsInt, IsOptional, Matches, Min, ValidateNested } from 'class-validator';
import type { Milliseconds } from '../core/instant.js';
import { checkedKey } from '../platform/key.js';
import { checkedRule } from './checked-rule.js';
import type { NewVersion } from './segment-store.js';

const EXAMPLE_RULE = { performed: 'click', where: { cta: 'replenish' }, within: '30d' };

export class CustomerioPushDto {
  @ApiProperty({ description: 'Id of the manual segment in Customer.io', example: '7' })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value))
  @Matches(/^[1-9]\d{0,17}$/, { message: 'segmentId must be the number of a manual segment in Customer.io' })
  segmentId!: string;
}

export class PushDto {
  @ApiProperty({ type: CustomerioPushDto })
  @IsDefined()
  @ValidateNested()
  @Type(() => CustomerioPushDto)
  customerio!: CustomerioPushDto;
}

export class PutSegmentDto {
  @ApiProperty({ description: 'The rule; see the rule language', example: EXAMPLE_RULE, type: Object })
  // As it came: a rule is judged by the core's own shapes, with a pointer to every problem.
  @Transform(({ obj }: { obj: { rule: unknown } }) => obj.rule)
  @IsDefined({ message: 'rule is missing: give a rule such as {"performed": "click", "within": "30d"}' })
  rule!: unknown;

  @ApiPropertyOptional({ description: 'Where membership is pushed; nowhere unless given', type: PushDto })
  @IsOptional()
  @ValidateNested()
  @Type(() => PushDto)
  push?: PushDto;
}

/** What a body says a segment is to be; throws a 400 problem that lists all that is wrong. */
export function newVersion(key: string, body: PutSegmentDto, retention: Milliseconds): NewVersion {
  const rule = checkedRule(body.rule, retention);
  const push = body.push ? { destination: 'customerio', segmentId: body.push.customerio.segmentId } : null;
  return { key: checkedKey(key), rule, push };
}

export class PublishDraftDto {
  @ApiPropertyOptional({
    description: 'Publish although no shadow shows what it does as things are now',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  force?: boolean;
}

export class RollbackDto {
  @ApiProperty({ description: 'The version to restore, as a new one', example: 3 })
  @IsInt()
  @Min(1)
  version!: number;
}
