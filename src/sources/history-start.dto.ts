import { ApiProperty } from '@nestjs/swagger';
import { IsISO8601 } from 'class-validator';

export class HistoryStartDto {
  @ApiProperty({
    description: 'From then on every event of the source is known; 1970-01-01T00:00:00Z says: all there ever were',
    example: '2026-01-01T00:00:00Z',
  })
  @IsISO8601({ strict: true }, { message: 'startsAt must be an ISO 8601 instant such as "2026-01-01T00:00:00Z"' })
  startsAt!: string;
}
