import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { MessageDto } from '../ctas/cta.dto.js';
import { IsInstant } from '../platform/is-instant.js';

const PLAIN_ID = /^[\x21-\x7e]{1,200}$/;

export class LinkDto {
  @ApiPropertyOptional({ description: 'The branded domain; may be left out where there is only one' })
  @IsOptional()
  @IsString()
  @Length(1, 253)
  domain?: string;

  @ApiProperty({ description: 'Key of the CTA, which has to be found in the destination', example: 'cart' })
  @IsString()
  @Length(1, 100)
  cta!: string;

  @ApiProperty({ example: 'https://shop.example.com/discount/SPRING?redirect=/cart' })
  @IsString()
  @Length(1, 4000)
  destination!: string;

  @ApiPropertyOptional({ description: 'Added where the destination lacks them', example: { utm_source: 'newsletter' } })
  @IsOptional()
  @IsObject()
  @Transform(({ obj }: { obj: { utm: unknown } }) => obj.utm)
  utm?: Record<string, unknown>;

  @ApiPropertyOptional({ example: 'email' })
  @IsOptional()
  @Matches(/^[a-z0-9_]{1,64}$/, { message: 'channel must be 1 to 64 of a to z, 0 to 9 and _' })
  channel?: string;

  @ApiPropertyOptional({ description: 'The template that the link stands in', example: 'winback-2' })
  @IsOptional()
  @Matches(PLAIN_ID, { message: 'template must be 1 to 200 printable characters without spaces' })
  template?: string;

  @ApiPropertyOptional({ description: 'The message that the link stands in', type: MessageDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MessageDto)
  message?: MessageDto;

  @ApiPropertyOptional({ description: 'Until when the link leads anywhere', example: '2027-01-01T00:00:00Z' })
  @IsOptional()
  @IsInstant()
  expiresAt?: string;

  @ApiPropertyOptional({ description: 'To whom the link is given, by identifiers', example: { customer_id: '42' } })
  @IsOptional()
  @IsObject()
  @Transform(({ obj }: { obj: { profile: unknown } }) => obj.profile)
  profile?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'The delivery that it is given with; only together with a profile' })
  @IsOptional()
  @Matches(PLAIN_ID, { message: 'deliveryId must be 1 to 200 printable characters without spaces' })
  deliveryId?: string;

  @ApiPropertyOptional({ description: 'Whether a short form is wanted, too, as for text messages' })
  @IsOptional()
  @IsBoolean()
  short?: boolean;
}

export class LinksQueryDto {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  cta?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  template?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  domain?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, default: 100 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit = 100;

  @ApiPropertyOptional({ description: 'The `next` of the page before' })
  @IsOptional()
  @IsString()
  after?: string;
}

export class QrQueryDto {
  @ApiPropertyOptional({ enum: ['svg', 'png'], default: 'svg' })
  @IsIn(['svg', 'png'])
  format: 'svg' | 'png' = 'svg';

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Width of a PNG in pixels',
    minimum: 64,
    maximum: 2048,
    default: 512,
  })
  @Type(() => Number)
  @IsInt()
  @Min(64)
  @Max(2048)
  width = 512;
}
