import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, Matches } from 'class-validator';
import { IsInstant } from '../platform/is-instant.js';

export class HistoryStartDto {
  @ApiProperty({
    description: 'From then on every event of the source is known; 1970-01-01T00:00:00Z says: all there ever were',
    example: '2026-01-01T00:00:00Z',
  })
  @IsInstant()
  startsAt!: string;

  @ApiPropertyOptional({
    description: 'Events that may never have come, such as "email_spammed"; those that have come need no mention',
    example: ['purchase'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @Matches(/^[A-Za-z0-9_ .:-]{1,100}$/, { each: true, message: 'eventNames must be names of events' })
  eventNames?: string[];
}
