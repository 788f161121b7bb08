import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import type { Milliseconds } from '../core/instant.js';
import type { Rule } from '../core/rule.js';
import { noteChange } from '../platform/audit/changes.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { checkedKey } from '../platform/key.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { RuleWarnings } from '../segments/rule-warnings.js';
import { SegmentStore } from '../segments/segment-store.js';
import { checkJourney } from './check-journey.js';
import { aJourney } from './journey-shape.js';
import type { BranchPoints } from './journey.js';
import { JourneyStore } from './journey-store.js';
import { KnownSources } from './known-sources.js';

@ApiTags('journeys')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/journeys')
export class JourneysController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly journeys: JourneyStore,
    private readonly segments: SegmentStore,
    private readonly sources: KnownSources,
    private readonly warnings: RuleWarnings,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Put(':key')
  @ApiOkResponse({ description: 'Was there, and is changed' })
  @ApiCreatedResponse({ description: 'Is new' })
  @ApiOperation({ summary: "Declare a journey's branch points as its next version" })
  @ApiBody({ schema: aJourney.schema })
  async put(@Param('key') name: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const key = checkedKey(name);
    const { journey, version } = await this.dataSource.transaction(async (tx) => {
      await this.journeys.begin(tx);
      const checked = checkJourney(body, {
        segments: await this.segments.rules(tx),
        sources: await this.sources.keys(tx),
        retention: this.retention,
      });
      if (!checked.ok) {
        const entries = checked.problems.map(({ pointer, problem, expected }) => ({
          pointer,
          detail: problem,
          expected,
        }));
        throw Problem.badRequest('The journey is not right.', entries);
      }
      const version = await this.journeys.put(tx, key, checked.journey);
      noteChange({ version });
      return { journey: checked.journey, version };
    });
    void reply.status(version === 1 ? HttpStatus.CREATED : HttpStatus.OK);
    return { key, version, ...journey, warnings: await this.warningsOf(journey.branchPoints) };
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
    return { ...journey, warnings: await this.warningsOf(journey.branchPoints) };
  }

  @Delete(':key')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Remove a journey; what it decided stays in the log, and declared again it goes on' })
  async remove(@Param('key') key: string): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      if (!(await this.journeys.remove(tx, key))) throw Problem.notFound(`There is no journey "${key}".`);
    });
  }

  /** What may be a mistake in the rules of its branches; a segment tells of its own. */
  private async warningsOf(points: BranchPoints): Promise<string[]> {
    const said: string[] = [];
    for (const [point, { branches }] of Object.entries(points)) {
      for (const { key, rule } of branches) {
        const found = rule === undefined ? [] : await this.warnings.of(this.dataSource.manager, rule as Rule);
        said.push(...found.map((one) => `branch "${key}" of "${point}": ${one}`));
      }
    }
    return said;
  }
}
