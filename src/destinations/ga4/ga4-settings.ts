import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

export class Ga4Settings {
  @ApiProperty({ description: 'Measurement id of the web data stream', example: 'G-ABC1234567' })
  @Matches(/^G-[A-Z0-9]{4,20}$/, { message: 'measurementId must be that of a web data stream, such as G-ABC1234567' })
  measurementId!: string;

  @ApiProperty({ description: 'API secret of the Measurement Protocol' })
  @Matches(/^[!-~]{1,200}$/, { message: 'apiSecret must be 1 to 200 printable characters without spaces' })
  apiSecret!: string;

  @ApiPropertyOptional({ description: 'Where events are collected', enum: ['global', 'eu'], default: 'global' })
  @IsOptional()
  @IsIn(['global', 'eu'])
  region?: 'global' | 'eu';

  @ApiPropertyOptional({
    description: 'Send the customer id as user id, as the shop itself does; never one that is an email address',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  sendUserId?: boolean;

  @ApiPropertyOptional({ description: 'How many requests are made in a second at the most', default: 50 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  requestsPerSecond?: number;

  @ApiPropertyOptional({ description: 'Another address, at a host of OUTBOUND_TRUSTED_HOSTS' })
  @IsOptional()
  @IsString()
  collectUrl?: string;
}
