import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { toIso } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { MembershipReader } from './membership-reader.js';
import { MembershipStore } from './membership-store.js';
import { AsOfQueryDto } from './members-query.dto.js';
import { shownStanding } from './shown-standing.js';

@ApiTags('memberships')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1')
export class MembershipsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly memberships: MembershipStore,
    private readonly reader: MembershipReader,
  ) {}

  @Get('segments/:key/profiles/:identifier')
  @ApiOperation({ summary: 'Why is this profile in or out, or was in the past, and when does that change?' })
  async why(@Param('key') key: string, @Param('identifier') reference: string, @Query() { at }: AsOfQueryDto) {
    const profileId = await this.profileId(reference);
    if (at === undefined) {
      const [standing] = await this.reader.standings(profileId, key);
      if (!standing) throw Problem.notFound(`There is no segment "${key}".`);
      return shownStanding(standing);
    }
    const asOf = Date.parse(at);
    if (asOf > (await now(this.dataSource.manager))) {
      const expected = 'an instant of the past, such as "2026-03-01T00:00:00Z"';
      const problem = { pointer: '/at', detail: 'the instant is yet to come', expected };
      throw Problem.badRequest('The instant is not right.', [problem]);
    }
    const standing = await this.reader.standingAt(profileId, key, asOf);
    if (!standing) throw Problem.notFound(`There was no segment "${key}" at ${toIso(asOf)}.`);
    return shownStanding(standing);
  }

  @Get('segments/:key/profiles/:identifier/transitions')
  @ApiOperation({ summary: 'Every entry of a profile into a segment, and every exit' })
  async transitions(@Param('key') key: string, @Param('identifier') reference: string) {
    const profileId = await this.profileId(reference);
    const all = await this.memberships.transitions(this.dataSource.manager, [profileId]);
    return { transitions: all.filter((one) => one.segment === key) };
  }

  private async profileId(reference: string): Promise<number> {
    const profileId = await this.identifiers.find(this.dataSource.manager, [identifierFromPath(reference)]);
    if (profileId === undefined) throw Problem.notFound('No profile is known by this identifier.');
    return profileId;
  }
}
