import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrSignedBy } from '../platform/auth/or-signed-by.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { identifiersFromBody } from '../profiles/identifier-reference.js';
import { DecideDto } from './decide.dto.js';
import { Decider, UnknownBranchPoint } from './decider.js';
import { answerOf, type DecisionAnswer } from './decision.js';
import { DecisionStore } from './decision-store.js';

@ApiTags('decisions')
@ApiBearerAuth()
@Controller('v1')
export class DecisionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly decider: Decider,
    private readonly decisions: DecisionStore,
  ) {}

  @Post('journeys/:key/branch-points/:branchPoint/decide')
  @HttpCode(HttpStatus.OK)
  @RequireScope('decide')
  @OrSignedBy('customerio')
  @ApiOperation({ summary: 'Which branch does this profile take?', description: 'Evaluated live and logged.' })
  async decide(
    @Param('key') journey: string,
    @Param('branchPoint') branchPoint: string,
    @Body() body: DecideDto,
  ): Promise<DecisionAnswer> {
    const identifiers = identifiersFromBody(body.identifiers, '/identifiers');
    try {
      return answerOf(await this.decider.decide({ journey, branchPoint, identifiers }));
    } catch (error) {
      if (error instanceof UnknownBranchPoint) throw Problem.notFound(error.message);
      throw error;
    }
  }

  @Get('decisions/:id')
  @RequireScope('manage')
  @ApiOperation({ summary: 'A logged decision with its reasons and evidence' })
  async get(@Param('id') id: string) {
    const decision = await this.decisions.find(this.dataSource.manager, id);
    if (!decision) throw Problem.notFound(`There is no decision "${id}".`);
    const { lane: _lane, ...shown } = decision;
    return shown;
  }
}
