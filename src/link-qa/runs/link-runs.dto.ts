import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { CLIENTS } from '../clients.js';

const CLIENT_KEYS = CLIENTS.map((one) => one.key);

export const MOST_LINKS = 1_000;

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

export class LinkReportQueryDto {
  @ApiPropertyOptional({
    description: 'As what; else what `Accept` asks for, else JSON',
    enum: ['json', 'junit', 'html'],
  })
  @IsOptional()
  @IsIn(['json', 'junit', 'html'])
  format?: 'json' | 'junit' | 'html';
}
