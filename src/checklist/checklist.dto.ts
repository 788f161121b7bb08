import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsNumber, IsString, Matches, Max, Min } from 'class-validator';
import { CORE_CTAS } from './judge-ctas.js';

const KEY = /^[a-z0-9][a-z0-9_-]{0,99}$/i;

export class ChecklistQueryDto {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'How many days are looked back for drift and downstream counts',
    default: 7,
  })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(31)
  days = 7;

  @ApiPropertyOptional({
    type: Number,
    description: 'The most that sessions may differ from clicks, in percent',
    default: 30,
  })
  @Type(() => Number)
  @IsNumber()
  @Min(0)
  @Max(100)
  tolerance = 30;

  @ApiPropertyOptional({
    description: 'Keys or kinds of the calls to action that everything rests on, separated by commas',
    default: CORE_CTAS.join(','),
    type: String,
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(KEY, { each: true, message: 'ctas must be keys such as "cart,checkout"' })
  ctas: string[] = [...CORE_CTAS];
}

export class DownstreamQueryDto {
  @ApiProperty({ description: 'Which tool counted', example: 'ga4' })
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'tool must be a short name in lower case such as "ga4"' })
  tool!: string;

  @ApiPropertyOptional({
    type: String,
    description: 'By whose days it counts',
    default: 'UTC',
    example: 'Europe/Berlin',
  })
  @IsString()
  timeZone = 'UTC';
}
