import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiExtraModels, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { toBuffer, toString } from 'qrcode';
import { DataSource } from 'typeorm';
import { CtaStore } from '../ctas/cta-store.js';
import { noteChange } from '../platform/audit/changes.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { presentOf } from '../platform/catalogue-revision.js';
import { INSTANT, readCursor, readInstant, TEXT, writeCursor } from '../platform/cursor.js';
import type { Transaction } from '../platform/database.js';
import { jsonPointer, Problem, type ProblemEntry } from '../platform/problem.js';
import { validated } from '../platform/validation.js';
import { LinkDeclarer, type DeclaredLink } from './link-declarer.js';
import { LinkDto, LinksQueryDto, QrQueryDto } from './link.dto.js';
import { LinkKeys } from './link-keys.js';
import { LinkStore } from './link-store.js';
import { linkView, type LinkView } from './link-view.js';
import { ShortStore } from './short-store.js';

const MOST_AT_ONCE = 1_000;

/** Tracked links. */
@ApiTags('links')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/links')
export class LinksController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly declarer: LinkDeclarer,
    private readonly links: LinkStore,
    private readonly shorts: ShortStore,
    private readonly ctas: CtaStore,
    private readonly keys: LinkKeys,
  ) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Make a tracked link, or up to 1,000 at once; the same declaration gives the same link' })
  @ApiExtraModels(LinkDto)
  @ApiBody({
    schema: {
      oneOf: [
        { $ref: getSchemaPath(LinkDto) },
        {
          type: 'object',
          properties: { links: { type: 'array', items: { $ref: getSchemaPath(LinkDto) }, maxItems: MOST_AT_ONCE } },
        },
      ],
    },
  })
  async declare(@Body() body: unknown) {
    const many = listIn(body);
    const given = many ? validatedAll(many) : [validated(LinkDto, body, '')];
    const pointerOf = (index: number): string => (many ? `/links/${index}` : '');
    noteChange({ links: given.length });
    const views = await this.dataSource.transaction(async (tx) =>
      this.shown(tx, await this.declarer.declare(tx, given, pointerOf)),
    );
    return many ? { links: views } : views[0]!;
  }

  @Get()
  @ApiOperation({ summary: 'List tracked links, newest first' })
  async list(@Query() { cta, template, domain, limit, after }: LinksQueryDto) {
    const tx = this.dataSource.manager;
    const [createdAt, id] = after === undefined ? [] : readCursor(after, [INSTANT, TEXT]);
    const from = createdAt === undefined ? undefined : { createdAt: readInstant(createdAt), id: id! };
    const found = await this.links.list(tx, { cta, template, domain, after: from, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)! : undefined;
    return {
      links: await this.shown(tx, await this.withCodes(tx, page)),
      next: last ? writeCursor([last.createdAt.toISOString(), last.id]) : null,
    };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a tracked link' })
  async get(@Param('id') id: string) {
    const [view] = await this.shown(this.dataSource.manager, [await this.found(this.dataSource.manager, id)]);
    return view!;
  }

  @Get(':id/qr')
  @ApiOperation({ summary: 'The link as a QR code; of its short form if it has one, since that is easier to read' })
  async qr(@Param('id') id: string, @Query() { format, width }: QrQueryDto, @Res() reply: FastifyReply) {
    const { url, shortUrl } = await this.get(id);
    const text = shortUrl ?? url;
    if (format === 'svg') return reply.type('image/svg+xml').send(await toString(text, { type: 'svg' }));
    return reply.type('image/png').send(await toBuffer(text, { type: 'png', width }));
  }

  @Post(':id/disable')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Have a link lead nowhere from now on, wherever it was sent' })
  disable(@Param('id') id: string) {
    return this.change(id, true);
  }

  @Post(':id/enable')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'Have a link lead to its destination again' })
  enable(@Param('id') id: string) {
    return this.change(id, false);
  }

  private async change(id: string, isDisabled: boolean) {
    return this.dataSource.transaction(async (tx) => {
      await this.links.disable(tx, id, isDisabled);
      return (await this.shown(tx, [await this.found(tx, id)]))[0]!;
    });
  }

  private async found(tx: Transaction, id: string): Promise<DeclaredLink> {
    const link = await this.links.find(tx, id);
    if (!link) throw Problem.notFound(`There is no tracked link "${id}".`);
    return (await this.withCodes(tx, [link]))[0]!;
  }

  private async withCodes(tx: Transaction, links: readonly DeclaredLink['link'][]): Promise<DeclaredLink[]> {
    const codes = await this.shorts.ofLinks(
      tx,
      links.map(({ id }) => id),
    );
    return links.map((link) => ({ link, binding: undefined, code: codes.get(link.id) }));
  }

  private async shown(tx: Transaction, links: readonly DeclaredLink[]): Promise<LinkView[]> {
    const { now: at, revision } = await presentOf(tx);
    const around = { tokens: this.keys.tokens, catalogue: await this.ctas.catalogue(tx, revision), at };
    return links.map((link) => linkView(link, around));
  }
}

/** The links of a request for many; undefined where it is for one. */
function listIn(body: unknown): unknown[] | undefined {
  if (typeof body !== 'object' || body === null || !('links' in body)) return undefined;
  const { links, ...others } = body;
  const problems: ProblemEntry[] = Object.keys(others).map((name) => ({
    pointer: jsonPointer(name),
    detail: `"${name}" is not known here`,
    expected: 'nothing but links',
  }));
  if (!Array.isArray(links) || links.length === 0 || links.length > MOST_AT_ONCE) {
    problems.push({
      pointer: '/links',
      detail: 'no list of that length',
      expected: `a list of 1 to ${MOST_AT_ONCE} links`,
    });
  }
  if (problems.length > 0) throw Problem.badRequest('The request is not right.', problems);
  return links as unknown[];
}

function validatedAll(given: readonly unknown[]): LinkDto[] {
  const problems: ProblemEntry[] = [];
  const links = given.flatMap((one, index) => {
    try {
      return [validated(LinkDto, one, `/links/${index}`)];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(...error.errors);
      return [];
    }
  });
  if (problems.length > 0) throw Problem.badRequest('The request is not right.', problems);
  return links;
}
