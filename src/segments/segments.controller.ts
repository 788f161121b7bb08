import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import type { Milliseconds } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { PushTargets } from './push-targets.js';
import { PublishedAnswer } from './published-answer.js';
import { SegmentDependants } from './segment-dependants.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore } from './segment-store.js';
import { newVersion, PutSegmentDto } from './segment.dto.js';
import { shownSegment, shownStandings } from './shown-segment.js';

@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments')
export class SegmentsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly publisher: SegmentPublisher,
    private readonly dependants: SegmentDependants,
    private readonly targets: PushTargets,
    private readonly answer: PublishedAnswer,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Put(':key')
  @ApiOkResponse({ description: 'Was there, and is changed' })
  @ApiCreatedResponse({ description: 'Is new' })
  @ApiOperation({ summary: 'Publish a rule as the next version of a segment' })
  async put(@Param('key') key: string, @Body() body: PutSegmentDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const segment = newVersion(key, body, this.retention);
    const published = await this.dataSource.transaction((tx) => this.publisher.publish(tx, segment));
    void reply.status(published.isNew ? HttpStatus.CREATED : HttpStatus.OK);
    return this.answer.after(key, published);
  }

  @Get()
  @ApiOperation({ summary: 'List the published segments' })
  async list() {
    const segments = await this.segments.list(this.dataSource.manager);
    const standings = await this.targets.standings(
      this.dataSource.manager,
      segments.flatMap((one) => one.push),
    );
    return {
      segments: segments.map((one) => ({ ...shownSegment(one), provisioning: shownStandings(one, standings) })),
    };
  }

  @Get(':key')
  @ApiOperation({ summary: 'Show a segment, its rule also in English' })
  get(@Param('key') key: string) {
    return this.answer.of(key);
  }

  @Delete(':key')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Take a segment out of force; its members leave' })
  async remove(@Param('key') key: string): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const wasThere = await this.segments.remove(tx, key);
      if (!wasThere) throw Problem.notFound(`There is no segment "${key}".`);
      // After the removal has taken the catalogue's lock: no journey can come to need the segment meanwhile.
      const segments = (await this.segments.dependingOn(tx, key)).map((other) => `segment "${other}"`);
      const needing = [...segments, ...(await this.dependants.of(tx, key))];
      if (needing.length > 0) {
        throw Problem.conflict(`Segment "${key}" is needed by ${needing.join(', ')}. Change these first.`);
      }
    });
  }
}
