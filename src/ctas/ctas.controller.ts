import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { RequireScope } from '../platform/auth/require-scope.js';
import { checkedKey } from '../platform/key.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { PutCtaDto, type CtaPatternDto } from './cta.dto.js';
import type { Cta } from './cta.entity.js';
import { CtaStore } from './cta-store.js';

@ApiTags('ctas')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/ctas')
export class CtasController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ctas: CtaStore,
  ) {}

  @Put(':key')
  @ApiOperation({ summary: 'Declare a CTA and the links it is found in; holds for past clicks, too' })
  async put(@Param('key') key: string, @Body() body: PutCtaDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const problems = body.patterns.flatMap(patternProblems);
    if (problems.length > 0) throw Problem.badRequest('The patterns are not right.', problems);
    const cta = { key: checkedKey(key), kind: body.kind ?? null, patterns: body.patterns.map((one) => ({ ...one })) };
    const existed = await this.dataSource.transaction((tx) => this.ctas.put(tx, cta));
    void reply.status(existed ? HttpStatus.OK : HttpStatus.CREATED);
    return cta;
  }

  @Get()
  @ApiOperation({ summary: 'List the CTA catalogue' })
  async list() {
    return { ctas: (await this.ctas.list(this.dataSource.manager)).map(shown) };
  }

  @Get(':key')
  @ApiOperation({ summary: 'Show a CTA' })
  async get(@Param('key') key: string) {
    const cta = await this.ctas.find(this.dataSource.manager, key);
    if (!cta) throw Problem.notFound(`There is no CTA "${key}".`);
    return shown(cta);
  }

  @Delete(':key')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({ summary: 'Remove a CTA; clicks on its links carry it no longer' })
  async remove(@Param('key') key: string): Promise<void> {
    const wasThere = await this.dataSource.transaction((tx) => this.ctas.remove(tx, key));
    if (!wasThere) throw Problem.notFound(`There is no CTA "${key}".`);
  }
}

function shown({ key, kind, patterns }: Cta) {
  return { key, kind, patterns };
}

function patternProblems(pattern: CtaPatternDto, index: number): ProblemEntry[] {
  const pointer = `/patterns/${index}`;
  const problems: ProblemEntry[] = [];
  if (pattern.host === undefined && pattern.path === undefined && pattern.query === undefined) {
    problems.push({ pointer, detail: 'the pattern would match every link', expected: '"host", "path" or "query"' });
  }
  for (const [name, value] of Object.entries(pattern.query ?? {})) {
    if (typeof value === 'string') continue;
    problems.push({ pointer: `${pointer}/query/${name}`, detail: 'the value is not a text', expected: 'a text' });
  }
  return problems;
}
