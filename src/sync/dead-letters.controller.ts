import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import type { Transaction } from '../platform/database.js';
import { Problem } from '../platform/problem.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
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
    return { requeued: await this.change((tx) => this.deadLetters.requeue(tx, filterOf(asked))) };
  }

  @Post('discard')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Give some of them up for good',
    description:
      'What can never be taken, such as those who leave a segment that was deleted there. At least one filter is needed.',
  })
  async discardMany(@Body() asked: DeadLettersDto = {}) {
    const filter = filterOf(asked);
    if (Object.values(filter).every((value) => (value ?? undefined) === undefined)) throw nothingSaid();
    return { discarded: await this.change((tx) => this.deadLetters.discard(tx, filter)) };
  }

  @Post(':id/discard')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Give one of them up for good' })
  async discard(@Param('id') id: string) {
    const discarded = await this.change((tx) => this.deadLetters.discard(tx, { id }));
    if (discarded === 0) throw noneOf(id);
    return { discarded };
  }

  @Post(':id/requeue')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send one of them again' })
  async requeue(@Param('id') id: string) {
    const requeued = await this.change((tx) => this.deadLetters.requeue(tx, { id }));
    if (requeued === 0) throw noneOf(id);
    return { requeued };
  }

  private change(work: (tx: Transaction) => Promise<number>): Promise<number> {
    return repeatedTransaction(this.dataSource, work);
  }
}

function noneOf(id: string): Problem {
  return Problem.notFound(`There is no dead letter "${id}".`);
}

function nothingSaid(): Problem {
  const expected = 'at least one of destination, reason, segment, from, to';
  return Problem.badRequest('The request is not right.', [
    { pointer: '', detail: 'nothing says which are meant', expected },
  ]);
}
