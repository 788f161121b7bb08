import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import type { CtaPattern, Id, ParameterTest, PatternMessage } from './cta-pattern.js';

/** An id as Customer.io gives it: a whole number, or a text. */
function IsId(): PropertyDecorator {
  return ValidateBy({
    name: 'isId',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string'
          ? /^[\x21-\x7e]{1,100}$/.test(value)
          : Number.isSafeInteger(value) && Number(value) >= 0,
      defaultMessage: (args) => `${args?.property} must be a whole number, or a text without spaces`,
    },
  });
}

/** Of which message a link is; also on which patterns can insist. */
export class MessageDto implements PatternMessage {
  @ApiPropertyOptional({ example: 7 })
  @IsOptional()
  @IsId()
  campaign_id?: Id;

  @ApiPropertyOptional()
  @IsOptional()
  @IsId()
  broadcast_id?: Id;

  @ApiPropertyOptional()
  @IsOptional()
  @IsId()
  newsletter_id?: Id;

  @ApiPropertyOptional()
  @IsOptional()
  @IsId()
  transactional_message_id?: Id;

  @ApiPropertyOptional({ example: 61 })
  @IsOptional()
  @IsId()
  action_id?: Id;
}

export class CtaPatternDto implements CtaPattern {
  @ApiPropertyOptional({ description: 'Exact host, or *.example.com for its subdomains', example: 'shop.example.com' })
  @IsOptional()
  @Matches(/^(\*\.)?[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$/, { message: 'host must be a host name, or *. and a host name' })
  @MaxLength(253)
  host?: string;

  @ApiPropertyOptional({ description: 'Path, in which * stands for any characters', example: '/replenish/*' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  path?: string;

  @ApiPropertyOptional({
    description: 'Query parameters: an exact value, {"startsWith": "…"}, or {"exists": true} or false',
    example: { utm_content: { startsWith: 'refill_' } },
  })
  @IsOptional()
  @IsObject()
  @Transform(({ obj }: { obj: { query: unknown } }) => obj.query)
  query?: Record<string, ParameterTest>;

  @ApiPropertyOptional({ description: "The link's data-cio-tag", example: 'hero' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  tag?: string;

  @ApiPropertyOptional({ description: 'The message that the link stood in', type: MessageDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MessageDto)
  message?: MessageDto;

  @ApiPropertyOptional({ description: 'Which link of the message; only together with one', example: 2 })
  @IsOptional()
  @IsId()
  link_id?: Id;
}

export class PutCtaDto {
  @ApiPropertyOptional({
    description: 'What it calls to: cart, checkout, reorder, bundle, …; honeypot for a link that no reader sees',
    example: 'reorder',
  })
  @IsOptional()
  @IsString()
  @Length(1, 50)
  kind?: string;

  @ApiProperty({ description: 'The links in which it is found; any one suffices', type: [CtaPatternDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => CtaPatternDto)
  patterns!: CtaPatternDto[];
}

/** Where a link stood, by the names that clicks carry. */
export class LinkContextDto extends MessageDto {
  @ApiPropertyOptional({ example: 2 })
  @IsOptional()
  @IsId()
  link_id?: Id;

  @ApiPropertyOptional({ description: "The link's data-cio-tag", example: 'hero' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  link_tag?: string;
}

export class MatchDto {
  @ApiProperty({ example: 'https://shop.example.com/replenish/beans?UTM_Source=mail&gclid=x' })
  @IsString()
  @Length(1, 4000)
  url!: string;

  @ApiPropertyOptional({ description: 'Where the link stood', type: LinkContextDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LinkContextDto)
  message?: LinkContextDto;
}
