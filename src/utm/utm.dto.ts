import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
} from 'class-validator';
import { IsInstant } from '../platform/is-instant.js';

export class PutUtmSchemaDto {
  @ApiProperty({ description: 'How links are named; see docs/utm.md', type: Object })
  @Transform(({ obj }: { obj: { schema: unknown } }) => obj.schema)
  @IsDefined({ message: 'schema is missing: give one such as {"keys": {"utm_source": {"required": true}}}' })
  schema!: unknown;

  @ApiPropertyOptional({
    description: 'From when on it holds: the next quarter unless given; the first version at once',
  })
  @IsOptional()
  @IsInstant()
  validFrom?: string;

  @ApiPropertyOptional({ description: 'Lets it begin within a quarter; needs a reason, which is shown ever after' })
  @IsOptional()
  @IsBoolean()
  midPeriod?: boolean;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MinLength(3)
  @MaxLength(500)
  reason?: string;
}

export class AsOfDto {
  @ApiPropertyOptional({ description: 'As of when; now unless given' })
  @IsOptional()
  @IsInstant()
  at?: string;
}

export class LintDto extends AsOfDto {
  @ApiPropertyOptional({ description: 'Links to look at', type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  @MaxLength(8_000, { each: true })
  urls?: string[];

  @ApiPropertyOptional({ description: 'Or a template, in HTML or plain text, with or without Liquid' })
  @IsOptional()
  @IsString()
  template?: string;

  @ApiPropertyOptional({ enum: ['html', 'text'], default: 'html' })
  @IsOptional()
  @IsIn(['html', 'text'])
  format: 'html' | 'text' = 'html';

  @ApiPropertyOptional({ description: 'Whose rules hold; unless given, the channel whose medium the link names' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  channel?: string;
}

export class LintCsvQueryDto extends AsOfDto {
  @ApiPropertyOptional({ description: 'Whose rules hold; else those of the column "channel", if there is one' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  channel?: string;

  @ApiPropertyOptional({ description: 'The column of the links; found by the usual names unless given' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  column?: string;
}

export class MappingQueryDto extends AsOfDto {
  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';
}

export class DriftQueryDto {
  @ApiPropertyOptional({ description: 'First day, in UTC; a week before the end unless given', example: '2026-11-01' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ description: 'End, itself left out; now unless given', example: '2026-11-08' })
  @IsOptional()
  @IsInstant()
  to?: string;

  @ApiPropertyOptional({ enum: ['json', 'csv'], default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format: 'json' | 'csv' = 'json';

  @ApiPropertyOptional({
    description: 'Of a table: what differs from the schema, or from what tracked links were made with',
    enum: ['schema', 'links'],
    default: 'schema',
  })
  @IsOptional()
  @IsIn(['schema', 'links'])
  part: 'schema' | 'links' = 'schema';
}
