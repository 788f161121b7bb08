import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { CLIENTS } from '../clients.js';
import { LIVE_DAYS, MOST_LINKS } from './live-links.js';

const CLIENT_KEYS = CLIENTS.map((one) => one.key);

export class LiveLinksDto {
  @ApiPropertyOptional({ description: 'Links of one call to action', example: 'cart' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cta?: string;

  @ApiPropertyOptional({ description: 'Links of the calls to action that the branches of a journey rest on' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  journey?: string;

  @ApiPropertyOptional({ description: 'How far back clicks count, in days', default: LIVE_DAYS })
  @IsInt()
  @Min(1)
  @Max(400)
  // Its type is written down for OpenAPI, which reads it from there.
  days: number = LIVE_DAYS;
}

export class LinkRunDto {
  @ApiPropertyOptional({ description: 'What reports are headed with', example: 'spring newsletter' })
  @IsOptional()
  @Matches(/^[^\p{Cc}\p{Cs}]{1,200}$/u, { message: 'name must be 1 to 200 characters that can be printed' })
  name?: string;

  @ApiPropertyOptional({ description: 'Links to look at', type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_LINKS)
  @IsString({ each: true })
  @MaxLength(8_000, { each: true })
  urls?: string[];

  @ApiPropertyOptional({ description: 'Or a template, in HTML or plain text, with or without Liquid' })
  @IsOptional()
  @IsString()
  template?: string;

  @ApiPropertyOptional({ description: 'Or the links that readers meet at present; an empty object: all of them' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LiveLinksDto)
  live?: LiveLinksDto;

  @ApiPropertyOptional({ enum: ['html', 'text'], default: 'html' })
  @IsOptional()
  @IsIn(['html', 'text'])
  format: 'html' | 'text' = 'html';

  @ApiPropertyOptional({
    description: 'What names in the Liquid of the template stand for',
    example: { cart_url: 'https://shop.example/cart' },
  })
  @IsOptional()
  @IsObject()
  values?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'As whom the links are followed; all unless given',
    enum: CLIENT_KEYS,
    isArray: true,
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @IsIn(CLIENT_KEYS, { each: true })
  clients?: string[];

  @ApiPropertyOptional({
    description: 'Hosts where links must end; `*.example.com`: each subdomain. Anywhere unless given',
    example: ['shop.example.com'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(260, { each: true })
  expectHosts?: string[];

  @ApiPropertyOptional({ description: 'Further parameters that must survive redirects', example: ['loyalty'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(200, { each: true })
  keep?: string[];
}

export class RunFormatDto {
  @ApiPropertyOptional({
    description: 'As what; else what `Accept` asks for, else JSON',
    enum: ['json', 'junit', 'html'],
  })
  @IsOptional()
  @IsIn(['json', 'junit', 'html'])
  format?: 'json' | 'junit' | 'html';
}
