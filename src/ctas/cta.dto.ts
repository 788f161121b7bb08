import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { CtaPattern } from './cta-pattern.js';

export class CtaPatternDto implements CtaPattern {
  @ApiPropertyOptional({ description: 'Exact host, or *.example.com for its subdomains', example: 'shop.example.com' })
  @IsOptional()
  @Matches(/^(\*\.)?[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$/, { message: 'host must be a host name, or *. and a host name' })
  host?: string;

  @ApiPropertyOptional({ description: 'Path, in which * stands for any characters', example: '/replenish/*' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  path?: string;

  @ApiPropertyOptional({ description: 'Query parameters and their exact values', example: { utm_content: 'refill' } })
  @IsOptional()
  @IsObject()
  @Transform(({ obj }: { obj: { query: unknown } }) => obj.query)
  query?: Record<string, string>;
}

export class PutCtaDto {
  @ApiPropertyOptional({ description: 'What it calls to: cart, checkout, reorder, bundle, …', example: 'reorder' })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  kind?: string;

  @ApiProperty({ description: 'The links in which it is found; any one suffices', type: [CtaPatternDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => CtaPatternDto)
  patterns!: CtaPatternDto[];
}
