import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { IsInstant } from '../platform/is-instant.js';

export class MembersQueryDto {
  @ApiPropertyOptional({ type: String, description: 'The `next` of the page before', default: '0' })
  @Matches(/^\d{1,18}$/, { message: 'after must be the "next" of the page before' })
  after = '0';

  @ApiPropertyOptional({ type: 'integer', description: 'Members a page', default: 100, maximum: 1000 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;
}

export class ActivityQueryDto {
  @ApiPropertyOptional({ enum: ['hour', 'day'], default: 'day' })
  @IsIn(['hour', 'day'])
  unit: 'hour' | 'day' = 'day';

  @ApiPropertyOptional({ description: 'From this instant; 30 days or 24 hours before `to` unless given' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ description: 'To this instant; now unless given' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({ type: String, description: 'IANA name of the zone whose days are meant', default: 'UTC' })
  @IsString()
  timeZone = 'UTC';
}

export class AsOfQueryDto {
  @ApiPropertyOptional({ description: 'As of this instant of the past, ISO 8601; now unless given' })
  @IsOptional()
  @IsInstant()
  at?: string;
}
