import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import type { Milliseconds } from '../core/instant.js';
import type { Rule } from '../core/rule.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { DraftStore, type Draft } from './draft-store.js';
import { PublishedAnswer } from './published-answer.js';
import { sayDifference } from './say-difference.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore, type SegmentView } from './segment-store.js';
import { newVersion, PublishDraftDto, PutSegmentDto } from './segment.dto.js';
import { ShadowStore } from './shadow-store.js';
import { shownRule, type ShownRule } from './shown-segment.js';

/** Edits that are looked at before they are in force. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key')
export class SegmentDraftsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly drafts: DraftStore,
    private readonly shadows: ShadowStore,
    private readonly publisher: SegmentPublisher,
    private readonly answer: PublishedAnswer,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Put('draft')
  @ApiOperation({ summary: 'Write down an edit of a segment, or a new one, that is not in force yet' })
  async put(@Param('key') key: string, @Body() body: PutSegmentDto) {
    const draft = newVersion(key, body, this.retention);
    await this.dataSource.transaction(async (tx) => {
      await this.publisher.check(tx, draft);
      await this.drafts.put(tx, draft);
    });
    return this.get(key);
  }

  @Get('draft')
  @ApiOperation({ summary: 'Show the draft, and what it says otherwise than the version in force' })
  async get(@Param('key') key: string) {
    const draft = await this.mustFind(this.dataSource.manager, key);
    return shownDraft(key, draft, await this.segments.find(this.dataSource.manager, key));
  }

  @Delete('draft')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Throw the draft away' })
  async remove(@Param('key') key: string): Promise<void> {
    if (!(await this.drafts.remove(this.dataSource.manager, key))) throw noDraft(key);
  }

  @Post('publish')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Bring the draft into force in one step, as its shadow showed' })
  async publish(@Param('key') key: string, @Body() { force = false }: PublishDraftDto) {
    const published = await this.dataSource.transaction(async (tx) => {
      const revision = await heldCatalogueRevision(tx);
      const draft = await this.mustFind(tx, key);
      if (!force) await this.mustBeShadowed(tx, key, draft, revision);
      await this.drafts.take(tx, draft);
      return this.publisher.publish(tx, { key, rule: draft.rule, push: draft.push });
    });
    return this.answer.after(key, published);
  }

  /** Nothing may have moved on since the numbers were computed on which the decision to publish rests. */
  private async mustBeShadowed(tx: Transaction, key: string, draft: Draft, revision: number): Promise<void> {
    const shadow = await this.shadows.find(tx, key);
    const why =
      shadow?.draftId !== draft.id
        ? 'no shadow of this draft was computed'
        : shadow.state !== 'done'
          ? `its shadow is ${shadow.state}`
          : shadow.revision !== revision
            ? 'rules, CTAs, journeys or sources have changed since its shadow was computed'
            : undefined;
    if (why === undefined) return;
    throw Problem.conflict(
      `The draft is not published: ${why}. Compute it with POST /v1/segments/${key}/shadow and look at the result, or ` +
        'publish with {"force": true}.',
    );
  }

  private async mustFind(tx: Transaction, key: string): Promise<Draft> {
    const draft = await this.drafts.find(tx, key);
    if (!draft) throw noDraft(key);
    return draft;
  }
}

function noDraft(key: string): Problem {
  return Problem.notFound(`There is no draft of the segment "${key}".`);
}

interface DraftView extends ShownRule {
  key: string;
  draft: string;
  createdAt: string;
  /** The version in force; null where there is none. */
  inForce: number | null;
  /** What it changes of that, in English. */
  changes: string[];
}

function shownDraft(key: string, draft: Draft, inForce: SegmentView | undefined): DraftView {
  return {
    key,
    draft: draft.id,
    ...shownRule(draft),
    createdAt: draft.createdAt.toISOString(),
    inForce: inForce ? inForce.version : null,
    changes: inForce ? sayDifference({ rule: inForce.rule as Rule, push: inForce.push }, draft) : [],
  };
}
