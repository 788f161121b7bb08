import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { IsInstant } from '../platform/is-instant.js';

export class ReportQueryDto {
  @ApiPropertyOptional({ description: 'Decisions asked at or after this instant; 30 days before `to` unless given' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ description: 'Decisions asked before this instant; now unless given' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'How long after a decision a purchase counts as following it',
    example: '14d',
  })
  @IsOptional()
  @IsString()
  window = '14d';

  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';
}
