import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { compileRule } from '../core/compile-rule.js';
import { ctasNamed } from '../core/ctas-named.js';
import { durationInWords, type Milliseconds } from '../core/instant.js';
import { parseRule, ruleSchema } from '../core/parse-rule.js';
import { checkReferences, segmentsBelow } from '../core/references.js';
import type { RuleProblem } from '../core/rule.js';
import { simulate } from '../core/simulate.js';
import { ChangesNothing } from '../platform/audit/changes-nothing.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { isRecord } from '../core/shape.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { SegmentStore } from '../segments/segment-store.js';

const EXAMPLE_RULE = { performed: 'click', where: { cta: 'replenish' }, within: '30d' };

const EXAMPLE_SIMULATION = {
  rule: EXAMPLE_RULE,
  events: [{ name: 'click', occurredAt: '2026-11-01T09:00:00.000Z', properties: { cta: 'replenish' } }],
  at: 'changes',
};

/** Rules by themselves: nothing here is stored. */
@ApiTags('rules')
@ApiBearerAuth()
@RequireScope('manage')
@ChangesNothing()
@Controller('v1/rules')
export class RulesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly histories: EventHistoryStore,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Post('validate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Check a rule: every problem at once, or what it says and what it rests on' })
  @ApiBody({ schema: { example: { rule: EXAMPLE_RULE } } })
  async validate(@Body() body: unknown) {
    const parsed = parseRule(isRecord(body) ? body.rule : undefined, this.retention, '/rule');
    if (!parsed.ok) return invalid(parsed.problems);
    const { rule } = parsed;
    const published = await this.segments.rules(this.dataSource.manager);
    const problems = checkReferences(rule, published, undefined, '/rule');
    if (problems.length > 0) return invalid(problems);
    const { sentence, eventNames, lookback } = compileRule(rule, published);
    const segments = [...segmentsBelow(rule, published)].sort();
    return {
      isValid: true,
      sentence,
      needs: {
        events: await this.histories.eventsNamed(this.dataSource.manager, eventNames),
        lookback: lookback === Infinity ? 'all events that are kept' : durationInWords(lookback),
        segments,
        ctas: ctasNamed([rule, segments.map((one) => published.get(one))]).sort(),
      },
    };
  }

  @Post('simulate')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Play a history through a rule: its value, why, and when it changes, at any instants' })
  @ApiBody({ schema: { example: EXAMPLE_SIMULATION } })
  simulate(@Body() body: unknown) {
    const simulated = simulate(body, this.retention);
    if (simulated.ok) {
      const { sentence, results, isComplete } = simulated;
      return { sentence, results, isComplete };
    }
    throw Problem.badRequest('The simulation is not right.', simulated.problems.map(shownProblem));
  }

  @Get('schema')
  @ApiOperation({ summary: 'The rule language as JSON Schema' })
  schema() {
    return ruleSchema();
  }
}

function invalid(problems: readonly RuleProblem[]) {
  return { isValid: false, problems: problems.map(shownProblem) };
}

function shownProblem({ pointer, problem, expected }: RuleProblem) {
  return { pointer, detail: problem, expected };
}
