import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';

const DECISIONS_AS = ['event', 'attribute', 'both'] as const;
const KEY = /^[!-~]{1,200}$/;
const WORD = { message: '$property must be 1 to 200 printable characters without spaces' };

export class CustomerioSettings {
  @ApiProperty({ description: 'Site id of the Track API' })
  @Matches(KEY, WORD)
  siteId!: string;

  @ApiProperty({ description: 'API key of the Track API' })
  @Matches(KEY, WORD)
  apiKey!: string;

  @ApiPropertyOptional({ description: 'Key of the App API, by which is read what Customer.io holds' })
  @IsOptional()
  @Matches(KEY, WORD)
  appApiKey?: string;

  @ApiProperty({ description: 'Region of the workspace', enum: ['us', 'eu'] })
  @IsIn(['us', 'eu'])
  region!: 'us' | 'eu';

  @ApiPropertyOptional({ description: 'How it is told of decisions', enum: DECISIONS_AS, default: 'event' })
  @IsOptional()
  @IsIn(DECISIONS_AS)
  decisionsAs?: (typeof DECISIONS_AS)[number];

  @ApiPropertyOptional({
    description: "Whether people's clicks on tracked links that were made for one of its deliveries are reported to it",
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  reportClicks?: boolean;

  @ApiPropertyOptional({ description: 'The most requests to the Track API in any second', default: 100 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  requestsPerSecond?: number;

  @ApiPropertyOptional({ description: 'The most requests to the App API in any second', default: 10 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  appRequestsPerSecond?: number;

  @ApiPropertyOptional({
    description: 'Another address of the Track API, at a host of OUTBOUND_TRUSTED_HOSTS; with or without its `/api/v1`',
  })
  @IsOptional()
  @IsString()
  trackUrl?: string;

  @ApiPropertyOptional({ description: 'Another address of the App API, at a host of OUTBOUND_TRUSTED_HOSTS' })
  @IsOptional()
  @IsString()
  appUrl?: string;
}
