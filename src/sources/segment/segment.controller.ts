import { setImmediate as nextTurn } from 'node:timers/promises';
import { Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiBasicAuth, ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { Problem } from '../../platform/problem.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { Ingestion } from '../ingestion.js';
import type { Normalisation } from '../source.js';
import { callsOfBatch, LARGEST_BATCH_BYTES, LARGEST_CALL_BYTES, singleCall } from './batch.js';
import { CALL_TYPES, problemsOf, type CallType } from './check-call.js';
import { readCall } from './read-call.js';
import { segmentSource } from './segment-source.js';
import { unzipped } from './unzip.js';

const SUCCESS = { success: true };
const CALLS_A_TURN = 250;
/** The specification's, and what libraries for Ruby and Java, and those for phones, call it. */
const BATCH_PATHS = ['batch', 'import', 'b'] as const;

/** Segment's HTTP API. A write key is an API key of scope `ingest`; the password is blank. */
@ApiTags('events')
@ApiBasicAuth()
@ApiBearerAuth()
@RequireScope('ingest')
@Controller('v1')
export class SegmentController {
  constructor(private readonly ingestion: Ingestion) {}

  @Post([...CALL_TYPES])
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: "A call as Segment's specification has it, answered once it is stored; at most 32 KB" })
  @ApiBody({ schema: { type: 'object' } })
  async call(@Req() request: FastifyRequest): Promise<{ success: boolean }> {
    const type = request.url.split('?', 1)[0]!.split('/').at(-1) as CallType;
    const { call, body } = singleCall(type, await bodyOf(request, LARGEST_CALL_BYTES));
    const read = readCall(call);
    if (read.kind === 'unusable') {
      const problems = problemsOf(call).map(({ reason: _reason, ...problem }) => problem);
      const [pointer = '', expected = ''] = read.problem.split(': expected ');
      const other = { pointer, detail: 'this is not usable', expected };
      throw Problem.badRequest('The call is not usable.', problems.length > 0 ? problems : [other]);
    }
    if (read.kind === 'events') await this.store(read.events.map((event) => ({ event, body })));
    return SUCCESS;
  }

  @Post([...BATCH_PATHS])
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    summary: 'Up to 2,500 calls, at most 500 KB; those that are not usable are kept as dead letters, the rest is taken',
  })
  @ApiBody({ schema: { type: 'object', properties: { batch: { type: 'array', items: { type: 'object' } } } } })
  async batch(@Req() request: FastifyRequest): Promise<{ success: boolean }> {
    const calls = callsOfBatch(await bodyOf(request, LARGEST_BATCH_BYTES));
    const read: { body: Buffer; read: Normalisation }[] = [];
    for (const { call, body } of calls) {
      // A large batch takes a while; whoever else waits goes on in between.
      if (read.length > 0 && read.length % CALLS_A_TURN === 0) await nextTurn();
      read.push({ body, read: readCall(call) });
    }
    await this.store(
      read.flatMap(({ body, read }) => (read.kind === 'events' ? read.events.map((event) => ({ event, body })) : [])),
    );
    const unusable = read.flatMap(({ body, read }) => (read.kind === 'unusable' ? [{ body, ...read }] : []));
    await Promise.all(
      unusable.map(({ body, reason, problem }) =>
        this.ingestion.keepAside({ source: segmentSource.key, body, reason, problem }),
      ),
    );
    return SUCCESS;
  }

  private async store(entries: readonly { event: IncomingEvent; body: Buffer }[]): Promise<void> {
    if (entries.length > 0) await this.ingestion.record(segmentSource.key, entries);
  }
}

function bodyOf({ body, headers }: FastifyRequest, mostBytes: number): Promise<Buffer> {
  const received = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return unzipped(received, headers['content-encoding']?.toLowerCase(), mostBytes);
}
