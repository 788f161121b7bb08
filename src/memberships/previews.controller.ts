import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { say } from '../core/compile-rule.js';
import type { Milliseconds } from '../core/instant.js';
import { checkReferences } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import { ChangesNothing } from '../platform/audit/changes-nothing.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { checkedRule, wrongRule } from '../segments/checked-rule.js';
import { SegmentStore } from '../segments/segment-store.js';
import type { PreviewResult } from './preview-result.js';
import { PreviewStore, type Preview } from './preview-store.js';
import { PreviewDto } from './preview.dto.js';
import { progressOf, type Progress } from './progress.js';
import { showerOf, type ShownSample } from './shown-samples.js';

const WAIT_SECONDS = 5;
const LOOK_MS = 30;

/** A rule counted over everybody; the result is there once the state is "done". */
interface PreviewView extends Partial<Omit<PreviewResult, 'sample'>> {
  id: string;
  state: Preview['state'];
  rule: Rule;
  sentence: string;
  asOf: string;
  finishedAt: string | null;
  progress: Progress;
  sample?: ShownSample[];
}

/** Rules counted over everybody before they are anybody's. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@ChangesNothing()
@Controller('v1/segments/preview')
export class PreviewsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly previews: PreviewStore,
    private readonly segments: SegmentStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ description: 'Counted' })
  @ApiAcceptedResponse({ description: 'Still counting; `Location` says where to ask again' })
  @ApiOperation({
    summary: 'Count a rule over everybody: size, each condition alone, a sample; 202 while it takes longer',
  })
  async begin(@Body() body: PreviewDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const rule = checkedRule(body.rule, this.retention);
    const problems = checkReferences(rule, await this.segments.rules(this.dataSource.manager), undefined, '/rule');
    if (problems.length > 0) throw wrongRule(problems);
    const id = await this.previews.begin(this.dataSource.manager, rule);
    const preview = await this.ended(id, (body.waitSeconds ?? WAIT_SECONDS) * 1_000);
    if (preview.state === 'running') {
      void reply.status(HttpStatus.ACCEPTED).header('location', `/v1/segments/preview/${id}`);
    }
    return this.shown(preview);
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far a preview has come, and its result' })
  async get(@Param('id') id: string) {
    return this.shown(await this.mustFind(id));
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Stop counting' })
  async cancel(@Param('id') id: string): Promise<void> {
    const { state } = await this.mustFind(id);
    const isStopped = await this.previews.finish(this.dataSource.manager, id, { state: 'cancelled' });
    if (!isStopped) throw Problem.conflict(`The preview is not running: it is ${state}.`);
  }

  private async ended(id: string, patienceMs: Milliseconds): Promise<Preview> {
    for (const until = performance.now() + patienceMs; ;) {
      const preview = await this.mustFind(id);
      if (preview.state !== 'running' || performance.now() >= until) return preview;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  private async mustFind(id: string): Promise<Preview> {
    const preview = /^\d{1,18}$/.test(id) ? await this.previews.find(this.dataSource.manager, id) : undefined;
    if (!preview) throw Problem.notFound('There is no such preview; they are kept for a day.');
    return preview;
  }

  private async shown(preview: Preview): Promise<PreviewView> {
    const { id, rule, state, asOf, profiles, judged, result, finishedAt } = preview;
    const elapsedMs = (await now(this.dataSource.manager)) - asOf.getTime();
    return {
      id,
      state,
      rule,
      sentence: say(rule),
      asOf: asOf.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
      progress: progressOf({ done: judged, of: profiles, elapsedMs }),
      ...(result && { ...result, sample: result.sample.map(await showerOf(this.dataSource.manager, result.sample)) }),
    };
  }
}
