import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { noteChange } from '../platform/audit/changes.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { INSTANT, NUMBER, readCursor, readInstant, TEXT, UUID, writeCursor } from '../platform/cursor.js';
import { Problem } from '../platform/problem.js';
import { ConflictSettler } from '../profiles/conflict-settler.js';
import { ConflictStore } from '../profiles/conflict-store.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { ProfileStore } from '../profiles/profile-store.js';
import { ConflictsQueryDto, SettleConflictDto } from './conflict.dto.js';
import { MembershipReader } from './membership-reader.js';
import { MembershipStore } from './membership-store.js';
import { PageQueryDto } from './page-query.dto.js';
import { shownStanding } from './shown-standing.js';

const FIRST_EVENTS = 50;

@ApiTags('profiles')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/profiles')
export class ProfilesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly identifiers: IdentifierStore,
    private readonly profiles: ProfileStore,
    private readonly conflicts: ConflictStore,
    private readonly settler: ConflictSettler,
    private readonly memberships: MembershipStore,
    private readonly reader: MembershipReader,
  ) {}

  @Get('conflicts')
  @ApiOperation({
    summary: 'Identifiers that came together and were not joined, newest first',
    description:
      'Joining them would have made strangers one profile. Open until the two turn out to be one after all, or somebody settles it.',
  })
  async listConflicts(@Query() { after, limit, state }: ConflictsQueryDto) {
    const [at, profileId, kind, value] = after === undefined ? [] : readCursor(after, [INSTANT, NUMBER, TEXT, TEXT]);
    const from =
      at === undefined ? undefined : { at: readInstant(at), profileId: profileId!, kind: kind!, value: value! };
    const page = { ...(from && { after: from }), most: limit, areApart: state === 'kept_apart' };
    const conflicts = await this.conflicts.list(this.dataSource.manager, page);
    const last = conflicts.at(-1);
    const next = last && [last.lastSeenAt.toISOString(), last.profileId, last.kind, last.value];
    return { conflicts, next: next && conflicts.length === limit ? writeCursor(next) : null };
  }

  @Post('conflicts/settle')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Settle a conflict by hand',
    description:
      '`same_person` makes one profile of the two, under the older, with its memberships recomputed at once. `different_people` keeps them apart for good, whatever names them together later.',
  })
  async settle(@Body() { profileId, identifier, verdict }: SettleConflictDto) {
    noteChange({ profileId: Number(profileId), verdict });
    return this.settler.settle(Number(profileId), identifierFromPath(identifier, '/identifier'), verdict);
  }

  @Get(':identifier')
  @ApiOperation({
    summary: 'A profile: who it is, what is known of it, where it is a member as of now, and how that came about',
  })
  async profile(@Param('identifier') reference: string) {
    const profileId = await this.profileId(reference);
    const tx = this.dataSource.manager;
    const merges = await this.profiles.mergesInto(tx, profileId);
    const family = [profileId, ...merges.map((one) => Number(one.profileId))];
    return {
      profileId,
      identifiers: await this.identifiers.ofProfile(tx, profileId),
      attributes: await this.profiles.attributes(tx, profileId),
      memberships: (await this.reader.standings(profileId)).map(shownStanding),
      transitions: await this.memberships.transitions(tx, family),
      merges,
      conflicts: await this.conflicts.ofProfile(tx, profileId),
      timeline: await this.timelineOf(profileId, { limit: FIRST_EVENTS }),
    };
  }

  @Get(':identifier/events')
  @ApiOperation({ summary: 'The events of a profile, newest first, page by page' })
  async events(@Param('identifier') reference: string, @Query() page: PageQueryDto) {
    return this.timelineOf(await this.profileId(reference), page);
  }

  private async timelineOf(profileId: number, { after, limit }: PageQueryDto) {
    const [at, id] = after === undefined ? [] : readCursor(after, [INSTANT, UUID]);
    const from = at === undefined ? undefined : { occurredAt: readInstant(at), id: id! };
    const page = { ...(from && { after: from }), most: limit };
    const events = await this.profiles.timeline(this.dataSource.manager, profileId, page);
    const last = events.at(-1);
    const next = last && [last.occurredAt.toISOString(), last.id];
    return { events, next: next && events.length === limit ? writeCursor(next) : null };
  }

  private async profileId(reference: string): Promise<number> {
    const profileId = await this.identifiers.find(this.dataSource.manager, [identifierFromPath(reference)]);
    if (profileId === undefined) throw Problem.notFound('No profile is known by this identifier.');
    return profileId;
  }
}
