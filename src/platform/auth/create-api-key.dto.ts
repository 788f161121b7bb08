import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import { SCOPES, type Scope } from './access.js';
import { bodyMayBeMissing } from '../validation.js';

export class CreateApiKeyDto {
  @ApiProperty({ description: 'Who will use it', example: 'Customer.io journeys', maxLength: 100 })
  @IsString()
  @Length(1, 100)
  name!: string;

  @ApiProperty({ description: 'What it may be used for', enum: SCOPES, isArray: true, example: ['decide'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(SCOPES, { each: true })
  scopes!: Scope[];

  @ApiPropertyOptional({
    description: 'After so many days it is refused; until it is revoked unless given',
    maximum: 3650,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(3650)
  expiresInDays?: number;
}

@bodyMayBeMissing
export class RotateApiKeyDto {
  @ApiPropertyOptional({
    description: 'How long the old key stays good beside the new one',
    type: Number,
    default: 24,
    maximum: 720,
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(720)
  graceHours = 24;
}
