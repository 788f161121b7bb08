import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsObject } from 'class-validator';

export class DecideDto {
  @ApiProperty({
    description: 'Whatever the journey knows of the profile; the strongest known identifier leads to it',
    example: { customer_id: '42', email: 'ada@example.com' },
    type: 'object',
    additionalProperties: { type: 'string' },
  })
  @Transform(({ obj }: { obj: { identifiers: unknown } }) => obj.identifiers)
  @IsObject({ message: 'identifiers must be an object such as {"customer_id": "42"}' })
  identifiers!: Record<string, unknown>;
}
