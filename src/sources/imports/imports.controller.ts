import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { RequireScope } from '../../platform/auth/require-scope.js';
import { now } from '../../platform/clock.js';
import { Problem, type ProblemEntry } from '../../platform/problem.js';
import { WrongFile } from './file-reader.js';
import { BadLinesQueryDto, ImportQueryDto } from './import.dto.js';
import type { ImportRow } from './import.entities.js';
import { ImportStore, MOST_BAD_LINES, type ImportOptions } from './import-store.js';
import { importView } from './import-view.js';
import { Importer } from './importer.js';
import type { ImportMapping } from './mapping.js';
import { IMPORT_MAPPINGS } from './registry.js';

const MOST_SHOWN = 100;

@ApiTags('imports')
@ApiBearerAuth()
@RequireScope('ingest', 'manage')
@Controller('v1/imports')
export class ImportsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly imports: ImportStore,
    private readonly importer: Importer,
  ) {}

  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiOperation({
    summary: 'Import a file of events, orders or messages; the body is the file, read as it comes',
    description:
      'Answered when the file is read to its end. Cut off before, it goes on when the same file is sent again under the ' +
      'same id. Lines that can not be used are set aside and never stop it.',
  })
  async import(@Query() asked: ImportQueryDto, @Req() request: FastifyRequest) {
    const options = optionsOf(asked);
    const length = Number(request.headers['content-length'] ?? NaN);
    const size = Number.isNaN(length) ? null : length + asked.from;
    const id = asked.id ?? randomUUID();
    const known = await this.imports.find(this.dataSource.manager, id);
    if (asked.from > Number(known?.bytes ?? 0)) {
      const bytes = known?.bytes ?? 0;
      throw Problem.conflict(`The import "${id}" has come to byte ${bytes}; send the file from there, or whole.`);
    }
    const row = await this.imports.begin(this.dataSource.manager, id, options, size);
    if (!row) throw Problem.conflict(`The import "${id}" was begun with other options.`);
    if (size !== null && row.size !== null && Number(row.size) !== size) {
      const state = row.state === 'done' ? 'is done with' : 'has begun with';
      throw Problem.conflict(
        `The import "${id}" ${state} a file of ${row.size} bytes, and this one has ${size}: send it under another id.`,
      );
    }
    if (row.state === 'done') {
      await this.importer.recognise(row, request.body as Readable, asked.from);
      return this.view(id);
    }
    await this.runOrExplain(row, options, request.body as Readable, asked.from);
    return this.view(id);
  }

  @Get()
  @ApiOperation({ summary: 'The newest imports' })
  async list() {
    const asOf = await now(this.dataSource.manager);
    const rows = await this.imports.list(this.dataSource.manager, MOST_SHOWN);
    return { imports: rows.map((row) => importView(row, asOf)) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far an import has come' })
  read(@Param('id') id: string) {
    return this.view(id);
  }

  @Get(':id/bad-lines')
  @ApiOperation({ summary: `Lines that were set aside, and what would be right; the first ${MOST_BAD_LINES}` })
  async badLines(@Param('id') id: string, @Query() { after, limit }: BadLinesQueryDto) {
    await this.view(id);
    const rows = await this.imports.badLines(this.dataSource.manager, id, after, limit);
    const badLines = rows.map(({ line, reason, problem }) => ({ line: Number(line), reason, problem }));
    return { badLines, next: rows.length === limit ? badLines.at(-1)!.line : null };
  }

  private async view(id: string) {
    const row = await this.imports.find(this.dataSource.manager, id);
    if (!row) throw Problem.notFound(`There is no import "${id}".`);
    return importView(row, await now(this.dataSource.manager));
  }

  private async runOrExplain(row: ImportRow, options: ImportOptions, body: Readable, from: number): Promise<void> {
    try {
      await this.importer.run(row, options, body, from);
    } catch (error) {
      if (!(error instanceof WrongFile)) throw error;
      const shown = error.columns.map((column) => `"${column.slice(0, 60)}"`).join(', ');
      throw Problem.badRequest(
        `This is no file for the mapping "${options.mapping}". ` +
          (shown === ''
            ? 'Its first line is no header of a CSV in UTF-8.'
            : `Its columns are ${shown.slice(0, 2_000)}.`),
        error.missing.map(({ field, column }) => ({
          pointer: '/map',
          detail: `the file has no column for "${field}"`,
          expected: `a column "${column}", or its name in this file as in map=${field}:…`,
        })),
      );
    }
  }
}

/** Throws a problem that says everything that is wrong together. */
function optionsOf(asked: ImportQueryDto): ImportOptions {
  const mapping = IMPORT_MAPPINGS.find((one) => one.key === asked.mapping)!;
  const map = Object.fromEntries((asked.map ?? []).map((one) => splitAt(one, one.indexOf(':'))));
  const problems = problemsOf(mapping, map, asked);
  if (problems.length > 0) throw Problem.badRequest('The import can not begin.', problems);
  return {
    mapping: mapping.key,
    format: asked.format ?? mapping.format,
    source: asked.source ?? mapping.source,
    shop: asked.shop?.toLowerCase() ?? null,
    map,
    until: asked.until ?? null,
    completeSince: asked.completeSince ?? null,
  };
}

function problemsOf(mapping: ImportMapping, map: Record<string, string>, asked: ImportQueryDto): ProblemEntry[] {
  const fields = Object.keys(mapping.columns);
  const problems: ProblemEntry[] = Object.keys(map)
    .filter((field) => !fields.includes(field))
    .map((field) => ({
      pointer: '/map',
      detail: `the mapping "${mapping.key}" has no field "${field}"`,
      expected: `one of ${fields.join(', ')}`,
    }));
  if (mapping.needsShop && asked.shop === undefined) {
    const expected = 'the domain that webhooks name, such as "coffee.myshopify.com"';
    problems.push({ pointer: '/shop', detail: 'the file does not name its shop', expected });
  }
  return problems;
}

function splitAt(text: string, index: number): [string, string] {
  return [text.slice(0, index), text.slice(index + 1)];
}
