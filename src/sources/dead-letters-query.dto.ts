import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

/** Which dead letters are asked for, and which page of them. */
export class SourceDeadLettersQueryDto {
  @ApiPropertyOptional({ description: 'Of one source', example: 'shopify' })
  @IsOptional()
  @IsString()
  source?: string;

  @ApiPropertyOptional({ description: 'With this reason', example: 'wrong_shape' })
  @IsOptional()
  @IsString()
  reason?: string;

  @ApiPropertyOptional({ description: 'The `next` of the page before' })
  @IsOptional()
  @Matches(/^\d{1,18}$/, { message: 'after must be the "next" of the page before' })
  after?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Letters a page', default: 200, maximum: 1000 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 200;
}
