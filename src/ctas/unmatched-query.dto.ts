import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

export class UnmatchedQueryDto {
  @ApiPropertyOptional({ type: 'integer', description: 'How far back, in days', default: 7, maximum: 90 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(90)
  days = 7;

  @ApiPropertyOptional({ type: 'integer', description: 'Links shown', default: 50, maximum: 500 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;
}
