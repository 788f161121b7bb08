import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { noteChange } from '../../platform/audit/changes.js';
import { heldCatalogueRevision } from '../../platform/catalogue-revision.js';
import type { Transaction } from '../../platform/database.js';
import { checkedKey } from '../../platform/key.js';
import { Problem } from '../../platform/problem.js';
import { DestinationDependants } from './destination-dependants.js';
import { DestinationList } from './destination-list.js';
import { DestinationSettings, type CheckedDestination, type NewDestination } from './destination-settings.js';
import { DestinationViews, type DestinationView } from './destination-views.js';
import { CreateDestinationDto, PutDestinationDto } from './destination.dto.js';
import { SettingsStore, type KeptDestination } from './settings-store.js';

/** Where pushes go. Secrets go in and never come out. */
interface WrittenDestination extends DestinationView {
  /** What signs, where it was made here; it is shown this once. */
  secret?: string;
}

@ApiTags('destinations')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/destinations')
export class DestinationSettingsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SettingsStore,
    private readonly settings: DestinationSettings,
    private readonly list: DestinationList,
    private readonly views: DestinationViews,
    private readonly dependants: DestinationDependants,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Set up a destination; a signing secret that is made here is shown by this answer alone' })
  async create(@Body() body: CreateDestinationDto) {
    return (await this.write(body, true)).answer;
  }

  @Get(':key')
  @ApiOperation({ summary: 'Show a destination, without its secrets' })
  async get(@Param('key') key: string) {
    return this.view(key);
  }

  @Put(':key')
  @ApiOkResponse({ description: 'Was there, and is changed' })
  @ApiCreatedResponse({ description: 'Is new' })
  @ApiOperation({ summary: 'Set up a destination, or set it up otherwise; secrets that are left out stay' })
  async put(
    @Param('key') key: string,
    @Body() body: PutDestinationDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { answer, isNew } = await this.write({ ...body, key: checkedKey(key) }, false);
    void reply.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
    return answer;
  }

  @Post(':key/rotate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Make the signing secret anew; the one before signs beside it until it is set to null' })
  async rotate(@Param('key') key: string) {
    const secret = await this.dataSource.transaction(async (tx) => {
      await heldCatalogueRevision(tx); // one change after another
      return this.settings.rotate(tx, await this.mustFind(tx, key));
    });
    return { ...(await this.view(key)), secret };
  }

  @Delete(':key')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Remove a destination that nothing is pushed to; what it is still owed is dropped' })
  async remove(@Param('key') key: string) {
    const dropped = await this.dataSource.transaction(async (tx) => {
      // Taken first: no segment can come to be pushed there meanwhile.
      await heldCatalogueRevision(tx);
      await this.mustFind(tx, key);
      const needing = await this.dependants.of(tx, key);
      if (needing.length > 0) {
        throw Problem.conflict(`To "${key}" are pushed: ${needing.join(', ')}. Publish these without it first.`);
      }
      await this.store.remove(tx, key);
      return this.dependants.dropOwed(tx, key);
    });
    await this.list.refresh();
    return { key, dropped };
  }

  private async write(
    wanted: NewDestination,
    mustBeNew: boolean,
  ): Promise<{ answer: WrittenDestination; isNew: boolean }> {
    const { key } = wanted;
    this.mustBeOurs(key);
    const { checked, isNew } = await this.dataSource.transaction(async (tx) => {
      // One change after another.
      await heldCatalogueRevision(tx);
      const known = await this.store.find(tx, key);
      if (known && mustBeNew) throw Problem.conflict(`There is a destination "${key}" already. PUT changes it.`);
      const checked: CheckedDestination = this.settings.checked(wanted, known);
      await this.settings.write(tx, checked);
      if (!known) await this.dependants.dropStale(tx, key);
      noteChange({ destination: key, kind: checked.kind.kind });
      return { checked, isNew: !known };
    });
    const { made } = checked;
    return { answer: { ...(await this.view(key)), ...(made !== undefined && { secret: made }) }, isNew };
  }

  private async view(key: string): Promise<DestinationView> {
    const view = await this.views.find(key);
    if (!view) throw noDestination(key);
    return view;
  }

  private async mustFind(tx: Transaction, key: string): Promise<KeptDestination> {
    this.mustBeOurs(key);
    const kept = await this.store.find(tx, key);
    if (!kept) throw noDestination(key);
    return kept;
  }

  private mustBeOurs(key: string): void {
    if (!this.list.isConfigured(key)) return;
    throw Problem.conflict(`"${key}" is configured by environment variables, which have the last word. Change these.`);
  }
}

function noDestination(key: string): Problem {
  return Problem.notFound(`There is no destination "${key}".`);
}
