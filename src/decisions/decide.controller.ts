import { Body, Controller, Headers, HttpCode, HttpStatus, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { RouteSchema } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { OrSignedBy } from '../platform/auth/or-signed-by.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { jsonPointer, Problem } from '../platform/problem.js';
import { ANSWER_SCHEMA, answerOf, explainedAnswerOf, type DecisionAnswer, type ExplainedAnswer } from './answer.js';
import { batchFrom } from './batch.js';
import type { Outcome } from './decider.js';
import { DecisionGate } from './decision-gate.js';
import { questionFrom, type Asked, type Question } from './question.js';
import { ASK_BODY, BATCH_BODY, BATCH_SCHEMA } from './decide-schemas.js';

const FLAG = ['true', 'false'];

type Flags = Record<string, string | undefined>;

/** What journeys ask. Bodies are read by hand and answers written by compiled serialisers: this is the hot path. */
@ApiTags('decisions')
@ApiBearerAuth()
@RequireScope('decide')
@Controller('v1/journeys/:journey/branch-points/:branchPoint')
export class DecideController {
  constructor(private readonly gate: DecisionGate) {}

  @Post('decide')
  @HttpCode(HttpStatus.OK)
  @OrSignedBy('customerio')
  @RouteSchema({ response: { 200: ANSWER_SCHEMA } })
  @ApiOperation({
    summary: 'Which branch does this profile take?',
    description: 'Judged live and logged. Asked again for the same run or with the same key, it answers the same.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Pins the answer to this request' })
  @ApiQuery({ name: 'explain', required: false, enum: FLAG, description: 'true: with the reasons, in English' })
  @ApiQuery({ name: 'dry_run', required: false, enum: FLAG, description: 'true: nothing is logged, pinned or pushed' })
  @ApiBody({ schema: ASK_BODY })
  async decide(
    @Param('journey') journey: string,
    @Param('branchPoint') branchPoint: string,
    @Query() flags: Flags,
    @Headers('idempotency-key') requestKey: string | undefined,
    @Body() body: unknown,
    @Req() { signedAt }: FastifyRequest,
  ): Promise<DecisionAnswer | ExplainedAnswer> {
    const asked = { journey, branchPoint, requestKey, signedAt, ...flagsFrom(flags) };
    const question = questionFrom(body, asked);
    const outcome = await this.gate.ask(question);
    if (outcome instanceof Problem) throw outcome;
    return shown(question, outcome);
  }

  @Post('decide/batch')
  @HttpCode(HttpStatus.OK)
  @RouteSchema({ response: { 200: BATCH_SCHEMA } })
  @ApiOperation({
    summary: 'Which branches do these profiles take?',
    description: 'Up to 1,000 at once, answered in their order; one that can’t be answered says why in its place.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Pins the answers to this request' })
  @ApiQuery({ name: 'explain', required: false, enum: FLAG, description: 'true: with the reasons, in English' })
  @ApiQuery({ name: 'dry_run', required: false, enum: FLAG, description: 'true: nothing is logged, pinned or pushed' })
  @ApiBody({ schema: BATCH_BODY })
  async batch(
    @Param('journey') journey: string,
    @Param('branchPoint') branchPoint: string,
    @Query() flags: Flags,
    @Headers('idempotency-key') requestKey: string | undefined,
    @Body() body: unknown,
  ): Promise<{ decisions: (DecisionAnswer | ExplainedAnswer | FailedAnswer)[] }> {
    const asked = { journey, branchPoint, requestKey, ...flagsFrom(flags) };
    const questions = batchFrom(body, asked);
    const outcomes = await Promise.all(questions.map((question) => this.gate.ask(question)));
    const unknown = outcomes.find((one) => one instanceof Problem && one.status === 404);
    if (unknown) throw unknown as Problem;
    return {
      decisions: outcomes.map((one, index) =>
        one instanceof Problem ? failed(asked, one) : shown(questions[index]!, one),
      ),
    };
  }
}

function shown(question: Question, outcome: Outcome): DecisionAnswer | ExplainedAnswer {
  return question.isExplained ? explainedAnswerOf(outcome.decision, outcome) : answerOf(outcome.decision, outcome);
}

/** In the place of an entry of a batch that has no answer. */
interface FailedAnswer {
  decision_id: null;
  journey: string;
  branch_point: string;
  branch: null;
  value: null;
  variant: null;
  matched: null;
  status: 'error';
  reason: 'ERROR';
  /** OpenFeature's, and `CONFLICT`. */
  error_code: 'CONFLICT' | 'GENERAL';
  error_message: string;
}

function failed({ journey, branchPoint }: Asked, problem: Problem): FailedAnswer {
  return {
    decision_id: null,
    journey,
    branch_point: branchPoint,
    ...{ branch: null, value: null, variant: null, matched: null },
    status: 'error',
    reason: 'ERROR',
    error_code: problem.status === 409 ? 'CONFLICT' : 'GENERAL',
    error_message: problem.detail,
  };
}

function flagsFrom({ explain, dry_run, ...others }: Flags): { isExplained: boolean; isDryRun: boolean } {
  const wrong = Object.entries({ explain, dry_run })
    .filter(([, value]) => value !== undefined && value !== 'true' && value !== 'false')
    .map(([name]) => ({ pointer: `/${name}`, detail: `"${name}" is true or false`, expected: '"true" or "false"' }));
  const unknown = Object.keys(others).map((name) => ({
    pointer: jsonPointer(name),
    detail: `"${name}" is not known here`,
    expected: 'only "explain" and "dry_run"',
  }));
  if (wrong.length + unknown.length > 0) {
    throw Problem.badRequest('The query is not right.', [...wrong, ...unknown]);
  }
  return { isExplained: explain === 'true', isDryRun: dry_run === 'true' };
}
