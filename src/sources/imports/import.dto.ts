import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { IMPORT_MAPPINGS } from './registry.js';
import { IsInstant } from '../../platform/is-instant.js';

const KEYS = IMPORT_MAPPINGS.map((mapping) => mapping.key);

export class ImportQueryDto {
  @ApiProperty({ description: 'The kind of file', enum: KEYS, required: false, default: 'events' })
  @IsIn(KEYS)
  mapping = 'events';

  @ApiPropertyOptional({ description: "The mapping's own unless given", enum: ['ndjson', 'csv'] })
  @IsOptional()
  @IsIn(['ndjson', 'csv'])
  format?: 'ndjson' | 'csv';

  @ApiPropertyOptional({
    description: 'Names the import, so that it can be gone on with: send the file again under the same id',
    example: 'orders-2025',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { message: 'id must be 1 to 100 letters, digits or any of . _ -' })
  id?: string;

  @ApiPropertyOptional({
    description: 'Whose events they are, "shopify" for instance; the mapping\'s own unless given',
  })
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,50}$/, { message: 'source must be 1 to 50 of a-z, 0-9 and -' })
  source?: string;

  @ApiPropertyOptional({ description: "The shop's domain, for files of Shopify", example: 'coffee.myshopify.com' })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/, { message: 'shop must be a host name such as "coffee.myshopify.com"' })
  shop?: string;

  @ApiPropertyOptional({
    description: 'What a field is called in this file; may be given several times',
    example: ['email:E-Mail address'],
    type: [String],
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (Array.isArray(value) ? (value as unknown[]) : [value]))
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(/^[A-Za-z]+:.+$/, { each: true, message: 'map must be a field and a column such as "email:E-Mail address"' })
  map?: string[];

  @ApiPropertyOptional({ description: 'Events from then on are left out: the live ones have come since' })
  @IsOptional()
  @IsInstant()
  until?: string;

  @ApiPropertyOptional({
    description: 'With this file everything since then is known; holds only if every line was used',
  })
  @IsOptional()
  @IsInstant()
  completeSince?: string;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Offset in the file of the first byte that is sent',
    default: 0,
  })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  from = 0;
}

export class BadLinesQueryDto {
  @ApiPropertyOptional({ type: 'integer', description: 'The `next` of the page before' })
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  after = 0;

  @ApiPropertyOptional({ type: 'integer', description: 'Lines a page', default: 100, maximum: 1000 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;
}
