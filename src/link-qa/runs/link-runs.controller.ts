import { Body, Controller, Get, Headers, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { noteChange } from '../../platform/audit/changes.js';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { jsonPointer, Problem } from '../../platform/problem.js';
import { checkTogether } from '../check-together.js';
import { linksOfTemplate } from '../links-of-template.js';
import { show } from '../pre-send.js';
import { putTogether, type QaLink, type QaReport } from '../qa-report.js';
import { DEFAULT_SETTINGS } from '../qa-settings.js';
import { LinkReportQueryDto, LinkRunDto, MOST_LINKS } from './link-runs.dto.js';
import { CONTENT_TYPE, formatAccepted } from './report-format.js';
import { LinkRunStore, type NewRun, type Run } from './run-store.js';

const MOST_SHOWN = 100;

/** Looks at links, carried out by the workers. */
@ApiTags('link-qa')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/link-qa/runs')
export class LinkRunsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: LinkRunStore,
  ) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Have links followed as readers’ programs would: given ones, or those of a template' })
  async request(@Body() body: LinkRunDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const id = await this.dataSource.transaction(async (tx) => {
      const asked = askedOf(body);
      noteChange({ subject: asked.subject, links: asked.links.length });
      return this.runs.create(tx, asked);
    });
    void reply.header('location', `/v1/link-qa/runs/${id}`);
    return shown(await this.mustFind(id));
  }

  @Get()
  @ApiOperation({ summary: `Looks at links and what came of them, newest first; the last ${MOST_SHOWN}` })
  async list() {
    return { runs: (await this.runs.list(this.dataSource.manager, MOST_SHOWN)).map(shown) };
  }

  @Get(':id')
  @ApiProduces('application/json', 'application/xml', 'text/html')
  @ApiOperation({ summary: 'How far a look at links has come, and what it found so far; as JSON, JUnit or a page' })
  async get(
    @Param('id') id: string,
    @Query() { format }: LinkReportQueryDto,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const run = await this.mustFind(id);
    const report = await this.report(run);
    const as = format ?? formatAccepted(accept);
    void reply.type(CONTENT_TYPE[as]).header('vary', 'accept');
    return as === 'json' ? { ...shown(run), report } : show(report, as, 'error');
  }

  @Post(':id/cancel')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Leave the links alone that were not looked at yet' })
  async cancel(@Param('id') id: string) {
    const { state } = await this.mustFind(id);
    const isCancelled = await this.dataSource.transaction((tx) => this.runs.cancel(tx, id));
    if (!isCancelled) throw Problem.conflict(`The run is over: it is ${state}. Ask for another one.`);
    return shown(await this.mustFind(id));
  }

  private async mustFind(id: string): Promise<Run> {
    const run = /^\d{1,18}$/.test(id) ? await this.runs.find(this.dataSource.manager, id) : undefined;
    if (!run) throw Problem.notFound('There is no such run; they are kept as long as dead letters are.');
    return run;
  }

  /** Also of a run under way. */
  private async report(run: Run): Promise<QaReport> {
    const { links, reports } = await this.runs.reports(this.dataSource.manager, run.id);
    const { state, counts, settings } = run;
    const name = state === 'done' ? run.name : `${run.name} (${state}: ${counts.checked} of ${counts.links})`;
    const together = checkTogether(links, { ...DEFAULT_SETTINGS, ...settings });
    return putTogether({ name, finishedAt: run.finishedAt?.toISOString() ?? null }, reports, together);
  }
}

/** What a request asks for. Throws a 400 problem. */
function askedOf(body: LinkRunDto): NewRun {
  const { urls, template, clients, expectHosts, keep } = body;
  if ((urls === undefined) === (template === undefined)) {
    const expected = 'one of the two: "urls" or "template"';
    throw Problem.badRequest('The request is not right.', [
      { pointer: '/urls', detail: 'which links are to be looked at?', expected },
    ]);
  }
  const settings = {
    ...(clients && { clients }),
    ...(expectHosts && { expectHosts: expectHosts.map((host) => host.toLowerCase()) }),
    ...(keep && { keepParameters: keep }),
  };
  const links = template === undefined ? urls!.map(plainLink) : templateLinks(template, body);
  const subject = template === undefined ? 'urls' : 'template';
  return { name: body.name ?? subject, subject, settings, links };
}

function plainLink(url: string): QaLink {
  return { url, cta: null, places: [] };
}

function templateLinks(text: string, { name, format, values = {} }: LinkRunDto): QaLink[] {
  const wrong = Object.keys(values).filter((key) => typeof values[key] !== 'string');
  if (wrong.length > 0) {
    const detail = 'it is no text';
    const errors = wrong.map((key) => ({ pointer: jsonPointer('values', key), detail, expected: 'a text' }));
    throw Problem.badRequest('The request is not right.', errors);
  }
  const links = linksOfTemplate({ source: name ?? 'template', text, format, values: values as Record<string, string> });
  if (links.length <= MOST_LINKS) return links;
  const problem = { pointer: '/template', detail: `it has ${links.length} links`, expected: `at most ${MOST_LINKS}` };
  throw Problem.badRequest('The request is not right.', [problem]);
}

function shown({ settings, requestedAt, startedAt, finishedAt, ...run }: Run) {
  const instant = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    ...run,
    settings,
    requestedAt: instant(requestedAt),
    startedAt: instant(startedAt),
    finishedAt: instant(finishedAt),
  };
}
