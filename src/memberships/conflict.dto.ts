import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { VERDICTS, type Verdict } from '../profiles/conflict-settler.js';
import { PageQueryDto } from './page-query.dto.js';

const STATES = ['open', 'kept_apart'] as const;

export class ConflictsQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    enum: STATES,
    default: 'open',
    description: 'Those to be settled, or those settled by keeping apart',
  })
  @IsIn(STATES)
  state: (typeof STATES)[number] = 'open';
}

export class SettleConflictDto {
  @ApiProperty({ description: 'The `profileId` of the conflict', example: '17' })
  @Matches(/^\d{1,15}$/, { message: 'profileId must be the "profileId" of a conflict, as it is listed' })
  profileId!: string;

  @ApiProperty({ description: 'The `kind` and `value` of the conflict', example: 'email:home@example.com' })
  @Matches(/^[a-z_]+:/, {
    message: 'identifier must be the kind and value of a conflict, as in "email:home@example.com"',
  })
  identifier!: string;

  @ApiProperty({ enum: VERDICTS })
  @IsIn(VERDICTS)
  verdict!: Verdict;
}
