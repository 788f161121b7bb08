import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { DeadLettersDto, filterOf } from './dead-letters.dto.js';

const MOST_SHOWN = 200;

@ApiTags('outbox')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/outbox/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly deadLetters: DeadLetterStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What destinations refused, newest first' })
  async list(@Query() asked: DeadLettersDto) {
    return { deadLetters: await this.deadLetters.list(this.dataSource.manager, filterOf(asked), MOST_SHOWN) };
  }

  @Get('groups')
  @ApiOperation({ summary: 'The same by reason, with how many there are and a few of each' })
  async groups(@Query() asked: DeadLettersDto) {
    return { groups: await this.deadLetters.groups(this.dataSource.manager, filterOf(asked), MOST_SHOWN) };
  }

  @Post('requeue')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send some or all of them again' })
  async requeueMany(@Body() asked: DeadLettersDto = {}) {
    return { requeued: await this.deadLetters.requeue(this.dataSource.manager, filterOf(asked)) };
  }

  @Post(':id/requeue')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send one of them again' })
  async requeue(@Param('id') id: string) {
    const requeued = await this.deadLetters.requeue(this.dataSource.manager, { id });
    if (requeued === 0) throw Problem.notFound(`There is no dead letter "${id}".`);
    return { requeued };
  }
}
