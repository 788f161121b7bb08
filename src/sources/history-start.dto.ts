import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsISO8601, IsOptional, Matches } from 'class-validator';

export class HistoryStartDto {
  @ApiProperty({
    description: 'From then on every event of the source is known; 1970-01-01T00:00:00Z says: all there ever were',
    example: '2026-01-01T00:00:00Z',
  })
  @IsISO8601({ strict: true }, { message: 'startsAt must be an ISO 8601 instant such as "2026-01-01T00:00:00Z"' })
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
