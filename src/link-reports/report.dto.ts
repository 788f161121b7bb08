import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min, MinLength } from 'class-validator';
import { ATTRIBUTIONS, type Attribution } from './credits.js';
import { CUTS } from './cuts.js';
import { PERIODS, type AskedSpan, type Period } from './report-question.js';
import { WINDOW_NAMES } from './windows.js';

const BY = CUTS.map(({ key }) => key);
const FORMATS = ['json', 'csv', 'html'] as const;

/** Only where it has this value. */
function IsValue(): PropertyDecorator {
  return (target, name) => {
    ApiPropertyOptional({ description: `Only this ${String(name)}, where the report is by it` })(target, name);
    IsOptional()(target, name);
    IsString()(target, name);
    MaxLength(100)(target, name);
  };
}

export class PeriodQueryDto implements AskedSpan {
  @ApiPropertyOptional({ enum: PERIODS, default: 'day', description: 'In UTC; weeks begin on Monday' })
  @IsOptional()
  @IsIn(PERIODS)
  period: Period = 'day';

  @ApiPropertyOptional({ description: 'First day of a period; 30 days, 12 weeks or 12 months unless given' })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({ description: 'First day that is left out; the end of the present period unless given' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ enum: WINDOW_NAMES, default: '7d', description: 'How long after a click what follows counts' })
  @IsOptional()
  @IsIn(WINDOW_NAMES)
  window = '7d';

  @ApiPropertyOptional({ enum: ATTRIBUTIONS, default: 'last', description: 'Which of several clicks is credited' })
  @IsOptional()
  @IsIn(ATTRIBUTIONS)
  attribution: Attribution = 'last';

  @ApiPropertyOptional({ enum: FORMATS, default: 'json' })
  @IsOptional()
  @IsIn(FORMATS)
  format: (typeof FORMATS)[number] = 'json';
}

export class LinkReportQueryDto extends PeriodQueryDto {
  @ApiPropertyOptional({ enum: BY, default: 'cta' })
  @IsOptional()
  @IsIn(BY)
  by = 'cta';

  @IsValue() cta?: string;
  @IsValue() link?: string;
  @IsValue() template?: string;
  @IsValue() campaign?: string;
  @IsValue() utm_content?: string;
  @IsValue() channel?: string;

  @ApiPropertyOptional({ type: Number, default: 1_000, description: 'Most rows; CSV has all' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(10_000)
  limit = 1_000;
}

export class ComparisonQueryDto extends PeriodQueryDto {
  @ApiProperty({ description: 'Key of the one CTA', example: 'cart' })
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  primary!: string;

  @ApiProperty({ description: 'Key of the other CTA', example: 'story' })
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  secondary!: string;
}
