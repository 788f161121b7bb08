import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import type { FailedFilter } from './dead-letter-store.js';
import { IsInstant } from '../platform/is-instant.js';
import { bodyMayBeMissing } from '../platform/validation.js';

/** Which dead letters are meant; all of them where nothing is given. */
@bodyMayBeMissing
export class DeadLettersDto {
  @ApiPropertyOptional({ description: 'Of one destination', example: 'customerio' })
  @IsOptional()
  @IsString()
  destination?: string;

  @ApiPropertyOptional({
    description: 'With exactly this reason',
    example: 'Customer.io answered 400: segment not found',
  })
  @IsOptional()
  @IsString()
  reason?: string;

  @ApiPropertyOptional({ description: 'About a segment of ours, by its key', example: 'abandoned-cart' })
  @IsOptional()
  @IsString()
  segment?: string;

  @ApiPropertyOptional({ description: 'Given up at this instant or later', example: '2026-11-24T10:00:00Z' })
  @IsOptional()
  @IsInstant()
  from?: string;

  @ApiPropertyOptional({ description: 'Given up before this instant', example: '2026-11-25T10:00:00Z' })
  @IsOptional()
  @IsInstant()
  to?: string;
}

export function filterOf({ from, to, ...given }: DeadLettersDto): FailedFilter {
  return {
    ...given,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
