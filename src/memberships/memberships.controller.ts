import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { SegmentStore } from '../segments/segment-store.js';
import { MembershipReader } from './membership-reader.js';
import { MembersQueryDto } from './members-query.dto.js';
import { shownStanding } from './shown-standing.js';

@ApiTags('memberships')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1')
export class MembershipsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly segments: SegmentStore,
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
    return shownStanding(standing!);
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
