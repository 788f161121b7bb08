import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { showBecause } from '../core/simulate.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { DraftStore } from '../segments/draft-store.js';
import { SegmentDependants } from '../segments/segment-dependants.js';
import { SegmentPublisher } from '../segments/segment-publisher.js';
import { SegmentStore } from '../segments/segment-store.js';
import { mergeFindings, MOVES, type LaneFindings } from '../segments/shadow-findings.js';
import { ShadowStore, type Shadow } from '../segments/shadow-store.js';
import { shownRule } from '../segments/shown-segment.js';
import { identifiersOf } from './identifiers-of.js';
import { progressOf } from './progress.js';
import { messagesToCome } from './messages-to-come.js';

const NOBODY = { enter: 0, leave: 0, stay: 0 };

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
  async begin(@Param('key') key: string) {
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
  async get(@Param('key') key: string) {
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

  private async samples({ samples }: LaneFindings) {
    const ids = MOVES.flatMap((move) => samples[move].map((one) => one.profileId));
    const identifiers = await identifiersOf(this.dataSource.manager, ids);
    const shown = (move: (typeof MOVES)[number]) =>
      samples[move].map(({ profileId, because }) => ({
        profileId: String(profileId),
        identifiers: identifiers.get(String(profileId)) ?? {},
        because: showBecause(because),
      }));
    return { enter: shown('enter'), leave: shown('leave'), stay: shown('stay') };
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
