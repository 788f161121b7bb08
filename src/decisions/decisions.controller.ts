import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import type { PlannedPoint } from '../journeys/plan-point.js';
import { ChangesNothing } from '../platform/audit/changes-nothing.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { identifierFromPath } from '../profiles/identifier-reference.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { DecisionLog } from './decision-log.js';
import { DecisionQuery } from './decision-query.js';
import { DecisionStore } from './decision-store.js';
import { saidView, viewOf, type SegmentVersions, type DecisionView } from './decision-view.js';
import type { Decision } from './decision.js';
import { DecisionsQueryDto } from './decisions-query.dto.js';
import { PlannedInputs } from './planned-inputs.js';
import { Replayer } from './replayer.js';

const NOT_ALL_KEPT =
  'Events that it may rest on are past their retention, so that it can’t be told whether it matches.';

@ApiTags('decisions')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/decisions')
export class DecisionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly decisions: DecisionStore,
    private readonly query: DecisionQuery,
    private readonly identifiers: IdentifierStore,
    private readonly replayer: Replayer,
    private readonly points: PlannedInputs,
    private readonly log: DecisionLog,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The log of decisions, newest first, page by page' })
  async list(@Query() asked: DecisionsQueryDto) {
    await this.log.flush();
    const tx = this.dataSource.manager;
    const profileId =
      asked.profile === undefined
        ? undefined
        : await this.identifiers.find(tx, [identifierFromPath(asked.profile, '/profile')]);
    if (asked.profile !== undefined && profileId === undefined) return { decisions: [], next: null };
    const { decisions, next } = await this.query.page(
      tx,
      {
        journey: asked.journey,
        branchPoint: asked.branch_point,
        branch: asked.branch,
        profileId,
        runKey: asked.journey_run_id,
        isOpen: asked.status && asked.status === 'open',
        isRevised: asked.revised,
        from: instantOf(asked.from),
        to: instantOf(asked.to),
      },
      { before: asked.after, most: asked.limit },
    );
    const versions = await this.versionsOf(decisions);
    return { decisions: decisions.map((one) => viewOf(one, versions)), next };
  }

  @Get(':id')
  @ApiOperation({ summary: 'A logged decision with its reasons and evidence' })
  async get(@Param('id') id: string): Promise<DecisionView> {
    const decision = await this.must(id);
    return viewOf(decision, await this.versionsOf([decision]));
  }

  @Post(':id/replay')
  @ChangesNothing()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Decide it again, by what was known then',
    description:
      'From the event log, by the rules and the catalogue of then. What comes out must be what was answered; ' +
      '`matches` is null where it is not and events that it may rest on have been removed.',
  })
  async replay(@Param('id') id: string) {
    const decision = await this.must(id);
    const steps = await this.dataSource.transaction((tx) => this.replayer.replay(tx, decision));
    if (!steps) throw Problem.conflict('The decision is from before decisions kept what they rest on.');
    const shown = steps.map(({ recorded, replayed, matches }) => ({
      matches,
      recorded: saidView(recorded),
      replayed: saidView(replayed),
    }));
    const matches = steps.some((one) => one.matches === false) ? false : steps.every((one) => one.matches) || null;
    return { decisionId: id, matches, ...(matches === null && { problem: NOT_ALL_KEPT }), steps: shown };
  }

  private async versionsOf(decisions: readonly Decision[]): Promise<SegmentVersions> {
    const digests = decisions.flatMap(({ rulesDigest, pended }) => [rulesDigest, pended?.rulesDigest ?? null]);
    const versions = ({ rules: { segments } }: PlannedPoint) =>
      Object.fromEntries(Object.entries(segments).map(([key, { version }]) => [key, version]));
    const points = await this.points.of(this.dataSource.manager, digests);
    return new Map([...points].map(([digest, point]) => [digest, versions(point)]));
  }

  private async must(id: string): Promise<Decision> {
    await this.log.flush();
    const decision = await this.decisions.find(this.dataSource.manager, id);
    if (!decision) throw Problem.notFound(`There is no decision "${id}", or its time is over.`);
    return decision;
  }
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : new Date(text).getTime();
}
