import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';

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
}
