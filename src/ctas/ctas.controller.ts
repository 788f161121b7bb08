import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { toIso, type Instant } from '../core/instant.js';
import { ChangesNothing } from '../platform/audit/changes-nothing.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { checkedKey } from '../platform/key.js';
import { Problem } from '../platform/problem.js';
import { patternProblems } from './check-patterns.js';
import { MatchDto, PutCtaDto } from './cta.dto.js';
import type { Cta } from './cta.entity.js';
import type { CtaDefinition } from './cta-pattern.js';
import { CtaDependants } from './cta-dependants.js';
import { CtaStore } from './cta-store.js';
import type { Reclassification } from './ctas.entities.js';
import { contextOf } from './message-context.js';
import { ReclassificationStore } from './reclassification-store.js';
import { shapeOf } from './suggest-pattern.js';
import { UnmatchedReader } from './unmatched-clicks.js';
import { UnmatchedQueryDto } from './unmatched-query.dto.js';

const DAY_MS = 86_400_000;

@ApiTags('ctas')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/ctas')
export class CtasController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ctas: CtaStore,
    private readonly reclassifications: ReclassificationStore,
    private readonly unmatchedReader: UnmatchedReader,
    private readonly dependants: CtaDependants,
  ) {}

  @Post('match')
  @ChangesNothing()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Which CTA is this link of, and why?' })
  async match(@Body() { url, message }: MatchDto) {
    const catalogue = await this.dataSource.transaction(async (tx) =>
      this.ctas.catalogue(tx, await catalogueRevision(tx)),
    );
    const { link, matches } = catalogue.explain(url, contextOf({ ...message }));
    const [winner, ...runnersUp] = matches;
    return {
      cta: winner?.cta ?? null,
      kind: winner?.kind ?? null,
      normalised: link
        ? { href: link.href, host: link.host, path: link.path, query: Object.fromEntries(link.query) }
        : null,
      pattern: winner?.pattern ?? null,
      specificity: winner?.specificity ?? null,
      runnersUp,
      ...(link && !winner && { suggestion: shapeOf(link).pattern }),
    };
  }

  @Get('unmatched')
  @ApiOperation({ summary: 'Links that people click and no pattern matches, by frequency, with a suggested pattern' })
  unmatched(@Query() { days, limit }: UnmatchedQueryDto) {
    return this.unmatchedReader.read(days * DAY_MS, limit);
  }

  @Get('reclassification')
  @ApiOperation({ summary: 'How far past clicks have been looked at again after changes' })
  async reclassification() {
    const at = await now(this.dataSource.manager);
    const changes = (await this.reclassifications.list(this.dataSource.manager)).map((one) => progressOf(one, at));
    return { isRunning: changes.some(({ finishedAt }) => finishedAt === null), changes };
  }

  @Put(':key')
  @ApiOkResponse({ description: 'Was there, and is changed' })
  @ApiCreatedResponse({ description: 'Is new' })
  @ApiOperation({ summary: 'Declare a CTA and the links it is found in; holds for past clicks, too' })
  async put(@Param('key') key: string, @Body() body: PutCtaDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const problems = patternProblems(body.patterns);
    if (problems.length > 0) throw Problem.badRequest('The patterns are not right.', problems);
    const patterns = body.patterns.map(({ message, ...rest }) => ({
      ...rest,
      ...(message && { message: { ...message } }),
    }));
    const cta: CtaDefinition = { key: checkedCtaKey(key), kind: body.kind ?? null, patterns };
    const existed = await this.dataSource.transaction(async (tx) => {
      const result = await this.ctas.put(tx, cta);
      if ('existed' in result) return result.existed;
      const detail = 'Some links would be of two CTAs alike. Nothing was changed.';
      throw new Problem({ status: HttpStatus.CONFLICT, detail, errors: result.ties });
    });
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
    await this.dataSource.transaction(async (tx) => {
      const wasThere = await this.ctas.remove(tx, key);
      if (!wasThere) throw Problem.notFound(`There is no CTA "${key}".`);
      // After the removal has taken the catalogue's lock: no rule can come to name the CTA meanwhile.
      const needing = await this.dependants.of(tx, key);
      if (needing.length === 0) return;
      throw Problem.conflict(`CTA "${key}" is needed by ${needing.join(', ')}. Change these first.`);
    });
  }
}

/** These stand where a CTA's key would in a path. */
const RESERVED_KEYS = ['match', 'unmatched', 'reclassification'];

function checkedCtaKey(key: string): string {
  if (!RESERVED_KEYS.includes(key)) return checkedKey(key);
  const taken = { pointer: '', detail: `"${key}" is the name of a route`, expected: 'another key' };
  throw Problem.badRequest('The key in the path is not usable.', [taken]);
}

/** The end is estimated from the time that the clicks so far have taken. */
function progressOf(change: Reclassification, at: Instant) {
  const { id, about, orderedAt, startedAt, finishedAt } = change;
  const done = Number(change.done);
  const total = Math.max(done, Number(change.total ?? 0));
  const isUnderWay = startedAt !== null && finishedAt === null && done > 0;
  const left = isUnderWay ? ((at - startedAt.getTime()) * (total - done)) / done : 0;
  return {
    id,
    about,
    orderedAt: orderedAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    expectedAt: isUnderWay ? toIso(at + Math.round(left)) : null,
    clicks: { done, total: change.total === null ? null : total },
    profilesTouched: Number(change.profiles),
  };
}

function shown({ key, kind, patterns }: Cta) {
  return { key, kind, patterns };
}
