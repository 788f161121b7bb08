import { Body, Controller, Get, HttpStatus, Inject, Param, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import type { Milliseconds } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { checkedKey } from '../platform/key.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { validated } from '../platform/validation.js';
import { SegmentStore } from '../segments/segment-store.js';
import { branchPointProblems } from './check-branch-points.js';
import type { BranchPoints } from './journey.js';
import { BranchPointDto, PutJourneyDto } from './journey.dto.js';
import { JourneyStore } from './journey-store.js';

@ApiTags('journeys')
@ApiBearerAuth()
@ApiExtraModels(BranchPointDto)
@RequireScope('manage')
@Controller('v1/journeys')
export class JourneysController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly journeys: JourneyStore,
    private readonly segments: SegmentStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Put(':key')
  @ApiOperation({ summary: "Declare a journey's branch points as its next version" })
  async put(@Param('key') key: string, @Body() body: PutJourneyDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const branchPoints = checkedForm(body.branchPoints);
    const version = await this.dataSource.transaction(async (tx) => {
      const next = await this.journeys.put(tx, { key: checkedKey(key), branchPoints });
      // After the journey has taken the catalogue's lock: none of its segments can go meanwhile.
      const segments = await this.segments.rules(tx);
      const problems = branchPointProblems(branchPoints, segments, this.retention);
      if (problems.length > 0) {
        throw Problem.badRequest(
          'The journey is not right.',
          problems.map(({ pointer, problem, expected }) => ({ pointer, detail: problem, expected })),
        );
      }
      return next;
    });
    void reply.status(version === 1 ? HttpStatus.CREATED : HttpStatus.OK);
    return { key, version, branchPoints };
  }

  @Get()
  @ApiOperation({ summary: 'List the journeys' })
  async list() {
    return { journeys: await this.journeys.list(this.dataSource.manager) };
  }

  @Get(':key')
  @ApiOperation({ summary: 'Show a journey' })
  async get(@Param('key') key: string) {
    const journey = await this.journeys.find(this.dataSource.manager, key);
    if (!journey) throw Problem.notFound(`There is no journey "${key}".`);
    return journey;
  }
}

/** Each branch point in its form; the names are free, so that the decorators of the body can't reach them. */
function checkedForm(given: Record<string, unknown>): BranchPoints {
  const names = Object.keys(given);
  if (names.length === 0 || names.length > 100) {
    const problem = {
      pointer: '/branchPoints',
      detail: 'a journey has 1 to 100 branch points',
      expected: '1 to 100 entries',
    };
    throw Problem.badRequest('The journey is not right.', [problem]);
  }
  const points = names.map((name) => [
    checkedKey(name),
    validated(BranchPointDto, given[name], `/branchPoints/${name}`),
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(points))) as BranchPoints;
}
