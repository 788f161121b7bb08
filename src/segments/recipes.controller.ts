import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString } from 'class-validator';
import { DataSource } from 'typeorm';
import { say } from '../core/compile-rule.js';
import type { Milliseconds } from '../core/instant.js';
import { parseRule } from '../core/parse-rule.js';
import type { Rule } from '../core/rule.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { heldCatalogueRevision } from '../platform/catalogue-revision.js';
import { jsonPointer, Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { filledIn, parameterAt, parameterProblems, type ParameterProblem, type Recipe } from './recipe.js';
import { RECIPES } from './recipes.js';
import { PublishedAnswer } from './published-answer.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore } from './segment-store.js';
import { PutManualSegmentDto, checkedSegmentKey, pushOf } from './segment.dto.js';

class FillInDto extends PutManualSegmentDto {
  @ApiProperty({ description: 'The key of the new segment', example: 'abandoned-cart' })
  @IsString()
  key!: string;

  @ApiPropertyOptional({ description: 'Values by parameter; the defaults of the recipe unless given', type: Object })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown> | null;
}

/** The rules of the cookbook, to be filled in. */
@ApiTags('recipes')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/recipes')
export class RecipesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly publisher: SegmentPublisher,
    private readonly answer: PublishedAnswer,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The recipes, their parameters, and what they say with the defaults' })
  list() {
    return { recipes: RECIPES.map((recipe) => ({ ...recipe, sentence: say(filledIn(recipe, {}) as Rule) })) };
  }

  @Post(':key/segments')
  @ApiOperation({ summary: 'Publish a recipe, filled in, as a new segment' })
  async create(@Param('key') recipeKey: string, @Body() body: FillInDto) {
    const recipe = RECIPES.find((one) => one.key === recipeKey);
    if (!recipe) throw Problem.notFound(`There is no recipe "${recipeKey}".`);
    const { parameters } = body;
    const key = checkedSegmentKey(body.key);
    const rule = this.filled(recipe, parameters ?? {});
    const published = await this.dataSource.transaction(async (tx) => {
      // Taken first: of two that make the same the second sees the first.
      await heldCatalogueRevision(tx);
      if (await this.segments.find(tx, key)) throw Problem.conflict(`There is a segment "${key}" already.`);
      return this.publisher.publish(tx, { key, rule, push: pushOf(key, body) });
    });
    return this.answer.after(key, published);
  }

  private filled(recipe: Recipe, parameters: Record<string, unknown>): Rule {
    const problems = parameterProblems(recipe, parameters);
    if (problems.length > 0) throw notRight(problems);
    const parsed = parseRule(filledIn(recipe, parameters), this.retention, '');
    if (parsed.ok) return parsed.rule;
    // The recipe by itself is right: what is wrong is what it was filled with.
    throw notRight(parsed.problems.map((one) => ({ ...one, name: parameterAt(recipe, one.pointer) ?? '' })));
  }
}

function notRight(problems: readonly ParameterProblem[]): Problem {
  return Problem.badRequest(
    'The parameters are not right.',
    problems.map(({ name, problem, expected }) => ({
      pointer: name === '' ? '/parameters' : jsonPointer('parameters', name),
      detail: problem,
      expected,
    })),
  );
}
