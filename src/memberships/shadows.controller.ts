import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { DraftStore } from '../segments/draft-store.js';
import { SegmentDependants } from '../segments/segment-dependants.js';
import { SegmentPublisher } from '../segments/segment-publisher.js';
import { SegmentStore } from '../segments/segment-store.js';
import { mergeFindings, type LaneFindings, type Move, type MoveCounts } from '../segments/shadow-findings.js';
import { ShadowStore, type Shadow } from '../segments/shadow-store.js';
import { shownRule, type ShownRule } from '../segments/shown-segment.js';
import { messagesToCome, type MessagesToCome } from './messages-to-come.js';
import { progressOf, type Progress } from './progress.js';
import { showerOf, type ShownSample } from './shown-samples.js';

const NOBODY = { enter: 0, leave: 0, stay: 0 };

/** What a draft would change; how many enter, leave and stay so far. */
interface ShadowView extends ShownRule, MoveCounts {
  key: string;
  state: Shadow['state'];
  draft: string;
  asOf: string;
  finishedAt: string | null;
  progress: Progress;
  samples: Record<Move, ShownSample[]>;
  /** Those that rest on it. */
  segments: ({ segment: string } & MoveCounts)[];
  /** Those that rest on any of them, in words. */
  journeys: string[];
  /** What destinations will be told. */
  pushes: MessagesToCome[];
}

/** What a draft would change, computed over everybody before it is published. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key/shadow')
export class ShadowsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly drafts: DraftStore,
    private readonly shadows: ShadowStore,
    private readonly publisher: SegmentPublisher,
    private readonly dependants: SegmentDependants,
  ) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Compute the draft over all profiles, as of now, in the background' })
  async begin(@Param('key') key: string): Promise<ShadowView> {
    await this.dataSource.transaction(async (tx) => {
      const revision = await heldCatalogueRevision(tx);
      const draft = await this.drafts.find(tx, key);
      if (!draft) throw Problem.notFound(`There is no draft of the segment "${key}".`);
      await this.publisher.check(tx, { key, rule: draft.rule, push: draft.push });
      await this.shadows.begin(tx, draft, revision);
    });
    return this.get(key);
  }

  @Get()
  @ApiOperation({ summary: 'How many would enter, leave and stay, who and why, and what else would change' })
  async get(@Param('key') key: string): Promise<ShadowView> {
    const tx = this.dataSource.manager;
    const shadow = await this.mustFind(key);
    const lanes = await this.shadows.lanes(tx, shadow.id);
    const findings = mergeFindings(lanes.map((one) => one.findings));
    const done = lanes.reduce((sum, one) => sum + one.profiles, 0);
    const { [key]: own = NOBODY, ...others } = findings.counts;
    const above = await this.segments.restingOn(tx, key);
    const pushes = new Map((await this.segments.list(tx)).map((one) => [one.key, one.push]));
    return {
      key,
      state: shadow.state,
      draft: shadow.draftId,
      ...shownRule(shadow),
      asOf: shadow.asOf.toISOString(),
      finishedAt: shadow.finishedAt?.toISOString() ?? null,
      progress: progressOf({ done, of: shadow.profiles, elapsedMs: (await now(tx)) - shadow.asOf.getTime() }),
      ...own,
      samples: await this.samples(findings),
      segments: above.map((segment) => ({ segment, ...(others[segment] ?? NOBODY) })),
      journeys: await this.needing([key, ...above]),
      pushes: messagesToCome({ key, shadow, counts: { ...others, [key]: own }, pushes }),
    };
  }

  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Stop computing' })
  async cancel(@Param('key') key: string): Promise<void> {
    const shadow = await this.mustFind(key);
    const isStopped = await this.shadows.stop(this.dataSource.manager, shadow.id, 'cancelled');
    if (!isStopped) throw Problem.conflict(`The shadow of "${key}" is not running: it is ${shadow.state}.`);
  }

  private async samples({ samples }: LaneFindings): Promise<ShadowView['samples']> {
    const { enter, leave, stay } = samples;
    const show = await showerOf(this.dataSource.manager, [...enter, ...leave, ...stay]);
    return { enter: enter.map(show), leave: leave.map(show), stay: stay.map(show) };
  }

  /** Journeys, in words, of which a branch rests on one of the segments. */
  private async needing(keys: readonly string[]): Promise<string[]> {
    const found = await Promise.all(keys.map((one) => this.dependants.of(this.dataSource.manager, one)));
    return [...new Set(found.flat())];
  }

  private async mustFind(key: string): Promise<Shadow> {
    const shadow = await this.shadows.find(this.dataSource.manager, key);
    if (!shadow) throw Problem.notFound(`No shadow of the segment "${key}" was computed.`);
    return shadow;
  }
}
