import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString } from 'class-validator';
import { DataSource } from 'typeorm';
import { say } from '../core/compile-rule.js';
import type { Milliseconds } from '../core/instant.js';
import type { Rule } from '../core/rule.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { jsonPointer, Problem } from '../platform/problem.js';
import { RETENTION_MS } from '../platform/retention.js';
import { checkedRule } from './checked-rule.js';
import { filledIn, parameterProblems, type Recipe } from './recipe.js';
import { RECIPES } from './recipes.js';
import { SegmentPublisher } from './segment-publisher.js';
import { SegmentStore } from './segment-store.js';
import { PutManualSegmentDto, checkedSegmentKey, pushOf } from './segment.dto.js';
import { shownSegment } from './shown-segment.js';

class FillInDto extends PutManualSegmentDto {
  @ApiProperty({ description: 'The key of the new segment', example: 'abandoned-cart' })
  @IsString()
  key!: string;

  @ApiPropertyOptional({ description: 'Values by parameter; the defaults of the recipe unless given', type: Object })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
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
    const { key, parameters = {} } = body;
    const rule = checkedRule(this.filled(recipe, parameters), this.retention);
    await this.dataSource.transaction(async (tx) => {
      if (await this.segments.find(tx, key)) throw Problem.conflict(`There is a segment "${key}" already.`);
      await this.publisher.publish(tx, { key: checkedSegmentKey(key), rule, push: pushOf(key, body) });
    });
    return shownSegment((await this.segments.find(this.dataSource.manager, key))!);
  }

  private filled(recipe: Recipe, parameters: Record<string, unknown>): unknown {
    const problems = parameterProblems(recipe, parameters);
    if (problems.length === 0) return filledIn(recipe, parameters);
    throw Problem.badRequest(
      'The parameters are not right.',
      problems.map(({ name, problem, expected }) => ({
        pointer: jsonPointer('parameters', name),
        detail: problem,
        expected,
      })),
    );
  }
}
