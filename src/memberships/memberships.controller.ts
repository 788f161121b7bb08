import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { toIso, type Instant } from '../core/instant.js';
import { showBecause } from '../core/simulate.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { laneOfProfile } from '../platform/lanes.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { SegmentStore } from '../segments/segment-store.js';
import { MembershipReader, type Standing } from './membership-reader.js';
import { MembershipStore } from './membership-store.js';
import { MembersQueryDto } from './members-query.dto.js';

@ApiTags('memberships')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1')
export class MembershipsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly segments: SegmentStore,
    private readonly memberships: MembershipStore,
    private readonly reader: MembershipReader,
  ) {}

  @Get('segments/:key/members')
  @ApiOperation({ summary: 'Members of a segment, page by page' })
  async members(@Param('key') key: string, @Query() page: MembersQueryDto) {
    await this.mustExist(key);
    const members = await this.reader.members(key, page.after, page.limit);
    const last = members.at(-1);
    return { members, next: members.length === page.limit && last ? last.profileId : null };
  }

  @Get('segments/:key/profiles/:identifier')
  @ApiOperation({ summary: 'Why is this profile in or out, and when does that change?' })
  async why(@Param('key') key: string, @Param('identifier') reference: string) {
    await this.mustExist(key);
    const profileId = await this.profileId(reference);
    const [standing] = await this.reader.standings(profileId, key);
    return shown(standing!);
  }

  @Get('profiles/:identifier')
  @ApiOperation({ summary: 'A profile: identifiers, memberships as of now, and the log of their transitions' })
  async profile(@Param('identifier') reference: string) {
    const profileId = await this.profileId(reference);
    const tx = this.dataSource.manager;
    return {
      profileId,
      identifiers: await this.identifiers.ofProfile(tx, profileId),
      memberships: (await this.reader.standings(profileId)).map(shown),
      transitions: await this.memberships.transitions(tx, laneOfProfile(profileId), profileId),
    };
  }

  private async profileId(reference: string): Promise<number> {
    const profileId = await this.identifiers.find(this.dataSource.manager, [identifierFromPath(reference)]);
    if (profileId === undefined) throw Problem.notFound('No profile is known by this identifier.');
    return profileId;
  }

  private async mustExist(key: string): Promise<void> {
    const segment = await this.segments.find(this.dataSource.manager, key);
    if (!segment) throw Problem.notFound(`There is no segment "${key}".`);
  }
}

function shown({ segment, evaluation, because, notCounted }: Standing) {
  const { value } = evaluation;
  return {
    segment: segment.key,
    version: segment.version,
    isMember: evaluation.isMember,
    value: value === 'true' || value === 'false' ? value : 'undetermined',
    ...(value === 'pending' && { undetermined: 'pending' }),
    ...(value === 'insufficient' && { undetermined: 'insufficient_history' }),
    asOf: toIso(evaluation.asOf),
    settlesAt: isoOrNull(evaluation.settlesAt),
    changesAt: isoOrNull(evaluation.nextChangeAt),
    because: showBecause(because),
    ...(notCounted.length > 0 && { notCounted }),
  };
}

function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : toIso(at);
}
