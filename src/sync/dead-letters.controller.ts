import { Controller, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OutboxStore } from '../outbox/outbox-store.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';

const MOST_SHOWN = 200;

@ApiTags('outbox')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/outbox/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: OutboxStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What destinations refused, newest first' })
  async list() {
    return { deadLetters: await this.outbox.failed(this.dataSource.manager, MOST_SHOWN) };
  }

  @Post('requeue')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send all of them again' })
  async requeueAll() {
    return { requeued: await this.dataSource.transaction((tx) => this.outbox.requeue(tx)) };
  }

  @Post(':id/requeue')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Send one of them again' })
  async requeue(@Param('id') id: string) {
    const requeued = await this.dataSource.transaction((tx) => this.outbox.requeue(tx, id));
    if (requeued === 0) throw Problem.notFound(`There is no dead letter "${id}".`);
    return { requeued };
  }
}
