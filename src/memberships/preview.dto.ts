import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDefined, IsInt, IsOptional, Max, Min } from 'class-validator';

export class PreviewDto {
  @ApiProperty({ description: 'The rule; it is stored nowhere', type: Object })
  @Transform(({ obj }: { obj: { rule: unknown } }) => obj.rule)
  @IsDefined({ message: 'rule is missing: give a rule such as {"performed": "click", "within": "30d"}' })
  rule!: unknown;

  @ApiPropertyOptional({ description: 'How long the answer may wait for the result, in seconds', default: 5 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(30)
  waitSeconds?: number;
}
