import { Controller, Get, Param } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { compileRule } from '../core/compile-rule.js';
import { ctasNamed } from '../core/ctas-named.js';
import { segmentsBelow } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { RuleWarnings } from '../segments/rule-warnings.js';
import { SegmentDependants } from '../segments/segment-dependants.js';
import { SegmentStore } from '../segments/segment-store.js';

/** What a segment rests on, and what rests on it. */
@ApiTags('segments')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/segments/:key/dependencies')
export class DependenciesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly starts: EventHistoryStore,
    private readonly dependants: SegmentDependants,
    private readonly warnings: RuleWarnings,
  ) {}

  @Get()
  @ApiOperation({
    summary:
      'Segments, CTAs, events and sources that a rule needs, itself or through others; who needs it, and what looks wrong',
  })
  async get(@Param('key') key: string) {
    const tx = this.dataSource.manager;
    const segment = await this.segments.find(tx, key);
    if (!segment) throw Problem.notFound(`There is no segment "${key}".`);
    const rule = segment.rule as Rule;
    const rules = await this.segments.rules(tx);
    const below = [...segmentsBelow(rule, rules)].sort();
    const ctas = ctasNamed([rule, below.map((one) => rules.get(one))]).sort();
    const { eventNames } = compileRule(rule, rules);
    const events = await this.starts.eventsNamed(tx, eventNames);
    const sources = [...new Set(events.map((one) => one.source))].filter((source) => source !== null).sort();
    const above = (await this.segments.dependingOn(tx, key)).map((other) => `segment "${other}"`);
    return {
      key,
      needs: { segments: below, ctas, events, sources },
      neededBy: [...above, ...(await this.dependants.of(tx, key))],
      warnings: await this.warnings.of(tx, rule),
    };
  }
}
