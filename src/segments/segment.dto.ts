import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsInt, IsOptional, Matches, Min, ValidateNested } from 'class-validator';
import type { Milliseconds } from '../core/instant.js';
import { checkedKey } from '../platform/key.js';
import { Problem } from '../platform/problem.js';
import { checkedRule } from './checked-rule.js';
import type { SegmentPush } from './segment.entities.js';
import type { NewVersion } from './segment-store.js';
import { bodyMayBeMissing } from '../platform/validation.js';

const EXAMPLE_RULE = { performed: 'click', where: { cta: 'replenish' }, within: '30d' };

const PUSHED_AS = ['segment', 'attribute', 'event'] as const;

export class PushDto {
  @ApiPropertyOptional({
    description:
      'What the destination calls the segment; its key unless given. In Customer.io a number is a manual segment that there is, and anything else has one made',
    example: '7',
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'number' ? String(value) : value))
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, {
    message: 'segmentId must be what the destination calls the segment: at most 100 of A-Z, a-z, 0-9, ".", "_" and "-"',
  })
  segmentId?: string;

  @ApiPropertyOptional({
    description:
      'In Customer.io: members of a manual segment, an attribute that is true or false (named by segmentId, else turnout_ and the key), or an event at every coming and going',
    enum: PUSHED_AS,
    default: 'segment',
  })
  @IsOptional()
  @IsIn(PUSHED_AS, { message: `as must be one of ${PUSHED_AS.join(', ')}` })
  as?: (typeof PUSHED_AS)[number];

  @ApiPropertyOptional({
    description: 'What a manual segment that is made for it is called in Customer.io; its key unless given',
    example: 'Left their cart',
  })
  @IsOptional()
  @Matches(/^[^\p{C}]{1,100}$/u, { message: 'name must be 1 to 100 printable characters' })
  name?: string;

  @ApiPropertyOptional({
    description: 'Take over the manual segment of this name that others made; without it, it is never touched',
    default: false,
  })
  @IsOptional()
  @IsBoolean({ message: 'adopt must be true or false' })
  adopt?: boolean;
}

@ApiExtraModels(PushDto)
@bodyMayBeMissing
export class PutManualSegmentDto {
  @ApiPropertyOptional({
    description: 'Where membership is pushed, by destination; nowhere unless given',
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(PushDto) },
    example: { customerio: { segmentId: '7' } },
  })
  @IsOptional()
  @ValidateNested({ message: 'push must name destinations, such as {"customerio": {"segmentId": 7}}' })
  @Type(() => PushDto)
  // Lists would be taken for destinations that are called 0, 1 and so on, or for settings that say nothing.
  @Transform(({ value, obj }: { value: unknown; obj: { push?: unknown } }) => (holdsList(obj.push) ? 'a list' : value))
  push?: Map<string, PushDto>;
}

export class PutSegmentDto extends PutManualSegmentDto {
  @ApiProperty({ description: 'The rule; see the rule language', example: EXAMPLE_RULE, type: Object })
  // As it came: a rule is judged by the core's own shapes, with a pointer to every problem.
  @Transform(({ obj }: { obj: { rule: unknown } }) => obj.rule)
  @IsDefined({ message: 'rule is missing: give a rule such as {"performed": "click", "within": "30d"}' })
  rule!: unknown;
}

function holdsList(push: unknown): boolean {
  return Array.isArray(push) || (push instanceof Object && Object.values(push).some(Array.isArray));
}

/** What a body says a segment is to be; throws a 400 problem that lists all that is wrong. */
export function newVersion(key: string, body: PutSegmentDto, retention: Milliseconds): NewVersion {
  const rule = checkedRule(body.rule, retention);
  return { key: checkedSegmentKey(key), rule, push: pushOf(key, body) };
}

/** `preview` stands where a segment's key would in a path. */
export function checkedSegmentKey(key: string): string {
  if (key !== 'preview') return checkedKey(key);
  const taken = { pointer: '', detail: '"preview" is the name of a route', expected: 'another key' };
  throw Problem.badRequest('The key is not usable.', [taken]);
}

/** Where a body says that a segment is pushed; under its own key unless another is given. */
export function pushOf(key: string, { push }: PutManualSegmentDto): SegmentPush[] {
  return [...(push ?? [])].map(([destination, { as = 'segment', segmentId, name, adopt }]) => {
    const making = { ...(name !== undefined && { name }), ...(adopt !== undefined && { adopt }) };
    // Another way to tell of it is another place: whoever is a member moves from the one to the other.
    if (as !== 'segment') {
      return {
        destination,
        segmentId: `${as}:${segmentId ?? (as === 'attribute' ? `turnout_${key}` : key)}`,
        ...making,
      };
    }
    return { destination, segmentId: segmentId ?? key, ...making };
  });
}

@bodyMayBeMissing
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
