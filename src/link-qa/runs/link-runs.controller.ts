import { Body, Controller, Get, Headers, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { CtaStore } from '../../ctas/cta-store.js';
import { JourneyStore } from '../../journeys/journey-store.js';
import { noteChange } from '../../platform/audit/changes.js';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { catalogueRevision } from '../../platform/catalogue-revision.js';
import type { Transaction } from '../../platform/database.js';
import { jsonPointer, Problem } from '../../platform/problem.js';
import { checkTogether } from '../check-together.js';
import { linksOfTemplate } from '../links-of-template.js';
import { show } from '../pre-send.js';
import { putTogether, type QaLink, type QaReport } from '../qa-report.js';
import { DEFAULT_SETTINGS } from '../qa-settings.js';
import { RunFormatDto, LinkRunDto, LiveLinksDto } from './link-runs.dto.js';
import { LiveLinkReader, MOST_LINKS } from './live-links.js';
import { CONTENT_TYPE, formatAccepted } from './report-format.js';
import { LinkRunStore, type NewRun, type Run, type RunSettings } from './run-store.js';

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
    private readonly live: LiveLinkReader,
    private readonly ctas: CtaStore,
    private readonly journeys: JourneyStore,
  ) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    summary: 'Have links followed as readers’ programs would: given ones, those of a template, or live ones',
  })
  async request(@Body() body: LinkRunDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const id = await this.dataSource.transaction(async (tx) => {
      const asked = await this.asked(tx, body);
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
    @Query() { format }: RunFormatDto,
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
    await this.dataSource.transaction(async (tx) => {
      const isCancelled = await this.runs.cancel(tx, id);
      if (!isCancelled) throw Problem.conflict(`The run is over: it is ${state}. Ask for another one.`);
    });
    return shown(await this.mustFind(id));
  }

  private async mustFind(id: string): Promise<Run> {
    const run = /^\d{1,18}$/.test(id) ? await this.runs.find(this.dataSource.manager, id) : undefined;
    if (!run) throw Problem.notFound('There is no such run; they are kept as long as dead letters are.');
    return run;
  }

  /** What a request asks for. Throws a 400 problem. */
  private async asked(tx: Transaction, body: LinkRunDto): Promise<NewRun> {
    const { urls, template, live, clients, expectHosts, keep } = body;
    if ([urls, template, live].filter((one) => one !== undefined).length !== 1) {
      throw wrong('/urls', 'which links are to be looked at?', 'one of the three: "urls", "template" or "live"');
    }
    const settings: RunSettings = {
      ...(clients && { clients }),
      ...(expectHosts && { expectHosts: expectHosts.map((host) => host.toLowerCase()) }),
      ...(keep && { keepParameters: keep }),
    };
    const subject = live ? 'live' : template === undefined ? 'urls' : 'template';
    const run = { name: body.name ?? (live ? 'live links' : subject), subject, settings } as const;
    if (!live) {
      const links = template === undefined ? urls!.map(plainLink) : templateLinks(template, body);
      return { ...run, links: await this.named(tx, links) };
    }
    const { links, leftOut } = await this.live.read(tx, { days: live.days, ctas: await this.ctasOf(tx, live) });
    return { ...run, settings: { ...settings, live: { ...live, leftOut } }, links };
  }

  /** With the calls to action that the catalogue finds; what it finds none of keeps the name that its template gives it. */
  private async named(tx: Transaction, links: readonly QaLink[]): Promise<QaLink[]> {
    const catalogue = await this.ctas.catalogue(tx, await catalogueRevision(tx));
    return links.map((link) => {
      const found = catalogue.ofClick({ href: link.url, ...(link.cta !== null && { link_tag: link.cta }) });
      return found ? { ...link, cta: found.cta } : link;
    });
  }

  /** Of whose links alone a look is asked for; undefined: of all. */
  private async ctasOf(tx: Transaction, { cta, journey }: LiveLinksDto): Promise<string[] | undefined> {
    if (cta !== undefined && journey !== undefined) {
      throw wrong('/live/journey', 'both a CTA and a journey are named', 'one of the two');
    }
    if (cta !== undefined) {
      if (await this.ctas.find(tx, cta)) return [cta];
      throw wrong('/live/cta', `there is no CTA "${cta}"`, 'the key of a CTA of the catalogue');
    }
    if (journey === undefined) return undefined;
    const named = await this.journeys.ctasOf(tx, journey);
    if (named) return named;
    throw wrong('/live/journey', `there is no journey "${journey}"`, 'the key of a journey');
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

function plainLink(url: string): QaLink {
  return { url, cta: null, places: [] };
}

function templateLinks(text: string, { name, format, values = {} }: LinkRunDto): QaLink[] {
  const key = Object.keys(values).find((one) => typeof values[one] !== 'string');
  if (key !== undefined) throw wrong(jsonPointer('values', key), 'it is no text', 'a text');
  const links = linksOfTemplate({ source: name ?? 'template', text, format, values: values as Record<string, string> });
  if (links.length <= MOST_LINKS) return links;
  throw wrong('/template', `it has ${links.length} links`, `at most ${MOST_LINKS}`);
}

function wrong(pointer: string, detail: string, expected: string): Problem {
  return Problem.badRequest('The request is not right.', [{ pointer, detail, expected }]);
}

interface LinkRunView extends Omit<Run, 'requestedAt' | 'startedAt' | 'finishedAt'> {
  requestedAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
}

function shown({ requestedAt, startedAt, finishedAt, ...run }: Run): LinkRunView {
  const instant = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    ...run,
    requestedAt: instant(requestedAt),
    startedAt: instant(startedAt),
    finishedAt: instant(finishedAt),
  };
}
