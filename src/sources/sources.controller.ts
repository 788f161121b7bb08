import { isUtf8 } from 'node:buffer';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  ServiceUnavailableException,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { Public } from '../platform/auth/public.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { SourceDeadLettersQueryDto } from './dead-letters-query.dto.js';
import { HistoryStartDto } from './history-start.dto.js';
import { ImportStore } from './imports/import-store.js';
import { Ingestion, type Receipt } from './ingestion.js';
import { SOURCES, WEBHOOK_SOURCES } from './registry.js';
import { SourceRefusals } from './source-refusals.js';
import { WEBHOOK_SECRETS, type WebhookSecrets } from './webhook-secrets.js';

@ApiTags('sources')
@Controller('v1/sources')
export class SourcesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ingestion: Ingestion,
    private readonly deadLetters: DeadLetterStore,
    private readonly histories: EventHistoryStore,
    private readonly imports: ImportStore,
    private readonly refusals: SourceRefusals,
    @Inject(WEBHOOK_SECRETS) private readonly secrets: WebhookSecrets,
  ) {}

  @Post(':source')
  @Public('signed by the sender')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'A webhook, signed by its sender; answered once it is stored' })
  async receive(
    @Param('source') key: string,
    @Headers() headers: Record<string, string | undefined>,
    @Req() request: FastifyRequest,
  ): Promise<Receipt> {
    const source = WEBHOOK_SOURCES.find((one) => one.key === key);
    if (!source) throw Problem.notFound(`There is no source "${key}".`);
    const delivery = { headers, body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0) };
    const verification = source.verify(delivery, this.secrets[key] ?? []);
    if (!verification.ok) return this.refuse(key, verification.problem);
    try {
      return await this.ingestion.take(source, delivery);
    } catch (error) {
      throw comeAgain(error);
    }
  }

  @Get('dead-letters')
  @ApiBearerAuth()
  @RequireScope('manage')
  @ApiOperation({ summary: 'Signed deliveries that could not be used, newest first' })
  async listDeadLetters(@Query() page: SourceDeadLettersQueryDto) {
    const letters = await this.deadLetters.list(this.dataSource.manager, { ...page, limit: page.limit + 1 });
    const deadLetters = letters.slice(0, page.limit);
    return { deadLetters, next: letters.length > page.limit ? deadLetters.at(-1)!.id : null };
  }

  @Get('dead-letters/:id')
  @ApiBearerAuth()
  @RequireScope('manage')
  @ApiOperation({ summary: 'One of them with what was sent, as text, or in base64 where it is none' })
  async showDeadLetter(@Param('id') id: string) {
    const letter = /^\d{1,18}$/.test(id) ? await this.deadLetters.find(this.dataSource.manager, id) : undefined;
    if (!letter) throw Problem.notFound(`There is no dead letter "${id}", or its time is over.`);
    const encoding = isUtf8(letter.body) ? 'utf8' : 'base64';
    return { ...letter, encoding, body: letter.body.toString(encoding) };
  }

  @Put(':source/history')
  @ApiBearerAuth()
  @RequireScope('manage')
  @ApiOperation({ summary: "Declare since when a source's data are complete, for instance after an import" })
  async declareHistory(@Param('source') key: string, @Body() body: HistoryStartDto) {
    const startsAt = Date.parse(body.startsAt);
    const eventNames = await this.dataSource.transaction(async (tx) => {
      const isKnown = SOURCES.some((one) => one.key === key) || (await this.imports.isSource(tx, key));
      if (!isKnown) throw Problem.notFound(`There is no source "${key}", nor was any such imported.`);
      return this.histories.declare(tx, key, startsAt, body.eventNames ?? []);
    });
    return { source: key, startsAt: new Date(startsAt).toISOString(), eventNames };
  }

  private async refuse(source: string, problem: string): Promise<never> {
    await this.refusals.note(source);
    throw Problem.unauthorised(problem, 'Signature');
  }
}

/**
 * What the sender of a webhook is told of a failure that is ours: 503, after which it comes again soon. After 429 or 500
 * Customer.io would wait for an hour, with every webhook behind this one.
 */
function comeAgain(error: unknown): Error {
  if (error instanceof Problem) return new Problem({ status: 503, detail: error.detail, headers: error.headers });
  return new ServiceUnavailableException(undefined, { cause: error });
}
