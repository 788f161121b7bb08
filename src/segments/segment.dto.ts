import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsDefined, IsOptional, Matches, ValidateNested } from 'class-validator';

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
