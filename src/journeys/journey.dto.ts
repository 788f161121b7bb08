import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  ValidateNested,
} from 'class-validator';
import type { BranchDefinition, BranchPointDefinition } from './journey.js';

const KEY = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const KEY_MESSAGE = '$property must be a key: a-z, 0-9, ".", "_" and "-", at most 100 characters';

export class BranchDto implements BranchDefinition {
  @ApiProperty({ example: 'remove-friction' })
  @Matches(KEY, { message: KEY_MESSAGE })
  key!: string;

  @ApiPropertyOptional({ description: 'A rule of its own', type: Object })
  @IsOptional()
  @Transform(({ obj }: { obj: { rule?: unknown } }) => obj.rule)
  @IsObject({ message: 'rule must be a rule, such as {"performed": "click", "within": "30d"}' })
  rule?: unknown;

  @ApiPropertyOptional({ description: 'Or the key of a segment', example: 'clicked-cart-not-bought' })
  @IsOptional()
  @IsString()
  segment?: string;
}

export class BranchPointDto implements BranchPointDefinition {
  @ApiProperty({ description: 'Asked in this order; the first that matches is taken', type: [BranchDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => BranchDto)
  branches!: BranchDto[];

  @ApiProperty({ description: 'The branch of everybody else', example: 'another-hook' })
  @Matches(KEY, { message: KEY_MESSAGE })
  default!: string;

  @ApiPropertyOptional({ description: 'Wait for a branch that only time will decide, or count it as no match' })
  @IsOptional()
  @IsIn(['wait', 'noMatch'])
  whenPending?: 'wait' | 'noMatch';

  @ApiPropertyOptional({ description: 'Whether decisions are told to Customer.io; true unless given' })
  @IsOptional()
  @IsBoolean()
  push?: boolean;
}

export class PutJourneyDto {
  @ApiProperty({
    description: 'Branch points by key',
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/BranchPointDto' },
    example: {
      'after-cart-click': {
        branches: [{ key: 'remove-friction', segment: 'clicked-cart-not-bought' }],
        default: 'another-hook',
      },
    },
  })
  @IsDefined()
  @IsObject()
  branchPoints!: Record<string, unknown>;
}
