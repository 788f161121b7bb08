import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsInstant } from '../platform/is-instant.js';

const asBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

/** Which part of the log is looked for. */
export class DecisionsQueryDto {
  @ApiPropertyOptional({ description: 'The key of a journey' })
  @IsOptional()
  @IsString()
  journey?: string;

  @ApiPropertyOptional({ description: 'The key of a branch point' })
  @IsOptional()
  @IsString()
  branch_point?: string;

  @ApiPropertyOptional({ description: 'The exit that was taken' })
  @IsOptional()
  @IsString()
  branch?: string;

  @ApiPropertyOptional({ description: 'An identifier', example: 'email:ada@example.com' })
  @IsOptional()
  @IsString()
  profile?: string;

  @ApiPropertyOptional({ description: 'The run that asked' })
  @IsOptional()
  @IsString()
  journey_run_id?: string;

  @ApiPropertyOptional({ description: 'Asked at or after this instant', example: '2026-11-01T00:00:00Z' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ description: 'Asked before this instant' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({ enum: ['open', 'decided'] })
  @IsOptional()
  @IsIn(['open', 'decided'])
  status?: 'open' | 'decided';

  @ApiPropertyOptional({ description: 'Whether something that came in later speaks against it' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  revised?: boolean;

  @ApiPropertyOptional({ description: 'The `next` of the page before' })
  @IsOptional()
  @IsString()
  after?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Decisions a page', default: 50, maximum: 500 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;
}
