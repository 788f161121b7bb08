import type { Readable } from 'node:stream';
import { Body, Controller, HttpCode, HttpStatus, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { ChangesNothing } from '../platform/audit/changes-nothing.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { Problem } from '../platform/problem.js';
import { lintCsv } from './lint-csv.js';
import { lintTemplate, type TemplateLinkLint } from './lint-template.js';
import { lintUrl, type UrlLint } from './lint-url.js';
import { LintCsvQueryDto, LintDto } from './utm.dto.js';
import { UtmGovernance } from './utm-governance.js';
import { declaredChannel, type UtmSchema } from './utm-schema.js';

@ApiTags('utm')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/utm/lint')
export class UtmLintController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly governance: UtmGovernance,
  ) {}

  @Post()
  @ChangesNothing()
  @HttpCode(HttpStatus.OK)
  @ApiOperation({ summary: 'What is wrong with the UTM parameters of links, or of the links of a template' })
  async lint(@Body() body: LintDto): Promise<Summary & { links: UrlLint[] | TemplateLinkLint[] }> {
    const { urls, template, format } = body;
    if ((urls === undefined) === (template === undefined)) {
      const expected = 'one of the two: "urls" or "template"';
      throw Problem.badRequest('The request is not right.', [
        { pointer: '/urls', detail: 'what is to be looked at?', expected },
      ]);
    }
    const { schema, channel } = await this.rules(body);
    const links =
      template === undefined
        ? (urls ?? []).map((url) => lintUrl(schema, url, channel))
        : lintTemplate(schema, template, format, channel);
    return { ...summary(links), links };
  }

  @Post('csv')
  @ChangesNothing()
  @HttpCode(HttpStatus.OK)
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiOperation({ summary: 'The same for a file of links, of any size; the body is the file, read as it comes' })
  async lintCsv(@Query() asked: LintCsvQueryDto, @Req() request: FastifyRequest) {
    const { schema, channel } = await this.rules(asked);
    return lintCsv(schema, request.body as Readable, { channel, column: asked.column });
  }

  private async rules({
    at,
    channel = null,
  }: {
    at?: string;
    channel?: string | null;
  }): Promise<{ schema: UtmSchema; channel: string | null }> {
    const tx = this.dataSource.manager;
    const schema = await this.governance.mustSchemaAt(tx, at === undefined ? await now(tx) : Date.parse(at));
    if (channel === null || declaredChannel(schema, channel)) return { schema, channel };
    throw Problem.badRequest('The request is not right.', [
      {
        pointer: '/channel',
        detail: `the channel "${channel}" is not declared in the schema`,
        expected: `one of ${Object.keys(schema.channels ?? {}).join(', ') || 'none: the schema has no channels'}`,
      },
    ]);
  }
}

interface Summary {
  judged: number;
  /** Links with an error; warnings only deserve a look. */
  wrong: number;
  kinds: Record<string, number>;
}

/** `wrong` are links with an error; warnings only deserve a look. */
function summary(links: readonly UrlLint[]): Summary {
  const findings = links.flatMap((link) => link.findings);
  const kinds: Record<string, number> = {};
  for (const { kind } of findings) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const wrong = links.filter((link) => link.findings.some(({ severity }) => severity === 'error')).length;
  return { judged: links.filter(({ isJudged }) => isJudged).length, wrong, kinds };
}
