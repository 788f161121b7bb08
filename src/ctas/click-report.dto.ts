import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional } from 'class-validator';

export class ClickReportQueryDto {
  @ApiPropertyOptional({ description: 'First day, in UTC; a week before the end unless given', example: '2026-11-01' })
  @IsOptional()
  @IsISO8601({ strict: true }, { message: 'from must be a day or an instant such as "2026-11-01"' })
  from?: string;

  @ApiPropertyOptional({ description: 'End, itself left out; now unless given', example: '2026-11-08' })
  @IsOptional()
  @IsISO8601({ strict: true }, { message: 'to must be a day or an instant such as "2026-11-08"' })
  to?: string;

  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';
}
