import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { DataSource } from 'typeorm';
import { ChangesNothing } from '../../platform/audit/changes-nothing.js';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { Problem } from '../../platform/problem.js';
import type { Means } from '../destination-kind.js';
import type { Destination } from '../destination.js';
import { right, type Finding } from '../finding.js';
import { DESTINATION_MEANS, DestinationList } from './destination-list.js';
import { DestinationSettings } from './destination-settings.js';
import { CreateDestinationDto } from './destination.dto.js';
import { SettingsStore } from './settings-store.js';
import { SurroundingsReader } from './surroundings-reader.js';

export class CheckQueryDto {
  @ApiPropertyOptional({
    description: 'Where the outside world reaches this service',
    example: 'https://turnout.example',
  })
  @IsOptional()
  @IsString()
  publicUrl?: string;
}

export class SetUpDto {
  @ApiProperty({ description: 'Where the outside world reaches this service', example: 'https://turnout.example' })
  @IsString()
  publicUrl!: string;
}

/** Finds the usual mistakes of a set-up, and makes what is needed at the other side. */
@ApiTags('destinations')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/destinations')
export class DestinationChecksController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SettingsStore,
    private readonly settings: DestinationSettings,
    private readonly list: DestinationList,
    private readonly surroundings: SurroundingsReader,
    @Inject(DESTINATION_MEANS) private readonly means: Means,
  ) {}

  @Post('check')
  @HttpCode(HttpStatus.OK)
  @ChangesNothing()
  @ApiOperation({ summary: 'Look at settings before they are kept' })
  async tryOut(@Body() body: CreateDestinationDto) {
    const known = await this.store.find(this.dataSource.manager, body.key);
    const { kind, values } = this.settings.checked(body, known);
    return this.look(this.list.try(body.key, kind.kind, values)!);
  }

  @Get(':key/check')
  @ApiOperation({ summary: 'Find the usual mistakes in how a destination is set up, and how to mend each' })
  async check(@Param('key') key: string, @Query() { publicUrl }: CheckQueryDto) {
    return this.look(await this.mustFind(key), publicUrl === undefined ? undefined : this.checkedUrl(publicUrl));
  }

  @Post(':key/setup')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Make what a destination needs at the other side, such as the reporting webhook; then look',
  })
  async setUp(@Param('key') key: string, @Body() body: SetUpDto) {
    const destination = await this.mustFind(key);
    const publicUrl = this.checkedUrl(body.publicUrl);
    if (!destination.setUp) throw Problem.conflict(`There is nothing to make for "${key}" at the other side.`);
    return shown(key, await destination.setUp({ ...(await this.surroundings.of(key)), publicUrl }));
  }

  private async look(destination: Destination, publicUrl?: string) {
    const around = { ...(await this.surroundings.of(destination.key)), ...(publicUrl !== undefined && { publicUrl }) };
    const findings = await destination.check?.(around);
    return shown(destination.key, findings ?? [right('settings', 'the settings are right')]);
  }

  private async mustFind(key: string): Promise<Destination> {
    await this.list.refresh();
    const destination = this.list.current.find((one) => one.key === key);
    if (destination) return destination;
    const problem = this.list.problemOf(key);
    if (problem !== undefined) throw Problem.conflict(`"${key}" can't be used: ${problem}.`);
    throw Problem.notFound(`There is no destination "${key}", or it is not configured.`);
  }

  private checkedUrl(url: string): string {
    const detail = this.means.http.problemOf(url);
    if (detail === undefined) return url;
    const problem = { pointer: '/publicUrl', detail, expected: 'a URL such as https://turnout.example' };
    throw Problem.badRequest('The public URL is not usable.', [problem]);
  }
}

function shown(destination: string, findings: readonly Finding[]) {
  return { destination, isRight: !findings.some((one) => one.kind === 'wrong'), findings };
}
