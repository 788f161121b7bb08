import { ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { LinkDto } from '../links/link.dto.js';

/** What is given of every link that the template gets. */
export class RewriteDto extends PickType(LinkDto, [
  'domain',
  'utm',
  'channel',
  'template',
  'message',
  'expiresAt',
  'short',
]) {
  @ApiProperty({ description: 'The template, with or without Liquid' })
  @IsString()
  text!: string;

  @ApiPropertyOptional({ enum: ['html', 'text'], default: 'html' })
  @IsOptional()
  @IsIn(['html', 'text'])
  format: 'html' | 'text' = 'html';
}
