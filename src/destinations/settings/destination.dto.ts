import { ApiProperty } from '@nestjs/swagger';
import { IsDefined, IsIn, IsString, Matches } from 'class-validator';
import { KEY } from '../../platform/key.js';
import { DESTINATION_KINDS } from '../registry.js';

const KINDS = DESTINATION_KINDS.map((one) => one.kind);

export class PutDestinationDto {
  @ApiProperty({ description: 'What it is', enum: KINDS, example: 'webhook' })
  @IsString()
  @IsIn(KINDS)
  kind!: string;

  @ApiProperty({
    description: 'Its settings; a secret that is left out stays as it is, one that is null goes',
    type: Object,
    example: { url: 'https://crm.example.com/turnout' },
  })
  @IsDefined({ message: 'settings are missing' })
  settings!: unknown;
}

export class CreateDestinationDto extends PutDestinationDto {
  @ApiProperty({ description: 'What it is called from now on; a workspace of Customer.io is "customerio"' })
  @IsString()
  @Matches(KEY, { message: 'key must start with a letter or digit and hold at most 100 of a-z, 0-9, ".", "_" and "-"' })
  key!: string;
}
