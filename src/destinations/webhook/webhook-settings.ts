import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { IDENTIFIERS, type IdentifierName } from './map.js';
import { WEBHOOK_SECRET } from './sign.js';

const SECRET = { message: '$property must be "whsec_" and 24 to 64 random bytes in base64' };

export class WebhookSettings {
  @ApiProperty({ description: 'Where messages are posted to', example: 'https://crm.example.com/turnout' })
  @IsString()
  url!: string;

  @ApiPropertyOptional({
    description: 'The identifiers that the receiver knows people by; no others are sent',
    enum: IDENTIFIERS,
    isArray: true,
    default: IDENTIFIERS,
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(IDENTIFIERS, { each: true })
  identifiers?: IdentifierName[];

  @ApiPropertyOptional({ description: 'How many requests it takes in a second', default: 50 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  requestsPerSecond?: number;

  @ApiPropertyOptional({ description: 'What messages are signed with; made unless given', example: 'whsec_…' })
  @Matches(WEBHOOK_SECRET, SECRET)
  secret!: string;

  @ApiPropertyOptional({ description: 'The one before, which signs as well while receivers change over' })
  @IsOptional()
  @Matches(WEBHOOK_SECRET, SECRET)
  previousSecret?: string;
}
