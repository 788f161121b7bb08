import { Body, Controller, Get, HttpStatus, Param, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { toIso } from '../core/instant.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { now } from '../platform/clock.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import { schemaProblems } from './check-schema.js';
import type { SchemaTimeline } from './schema-timeline.js';
import { AsOfDto, PutUtmSchemaDto } from './utm.dto.js';
import type { UtmSchema } from './utm-schema.js';
import { UtmSchemaStore } from './utm-schema-store.js';
import type { UtmSchemaVersion } from './utm-schema-version.entity.js';

@ApiTags('utm')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/utm/schema')
export class UtmSchemaController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schemas: UtmSchemaStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'How links are named at an instant' })
  async get(@Query() { at }: AsOfDto) {
    const asOf = at === undefined ? await now(this.dataSource.manager) : Date.parse(at);
    const timeline = await this.schemas.timeline(this.dataSource.manager);
    const version = timeline.at(asOf);
    if (!version) throw Problem.notFound('No UTM schema holds at that instant. Declare one: PUT /v1/utm/schema.');
    return shown(version, timeline);
  }

  @Put()
  @ApiOkResponse({ description: 'The newest version says the same, and stays' })
  @ApiCreatedResponse({ description: 'Is a new version' })
  @ApiOperation({
    summary: 'A new version of how links are named; versions never change',
    description:
      'Holds from the beginning of a quarter on, the next one unless told. One that begins within a quarter has to be ' +
      'marked ("midPeriod": true and a "reason"), and is shown so.',
  })
  async put(@Body() body: PutUtmSchemaDto, @Res({ passthrough: true }) reply: FastifyReply) {
    const problems = [...markProblems(body), ...schemaProblems(body.schema, '/schema')];
    if (problems.length > 0) throw Problem.badRequest('The schema is not right.', problems);
    return this.dataSource.transaction(async (tx) => {
      const added = await this.schemas.add(tx, {
        schema: body.schema as UtmSchema,
        validFrom: body.validFrom === undefined ? undefined : Date.parse(body.validFrom),
        midPeriodReason: body.midPeriod ? (body.reason ?? null) : null,
      });
      if ('problems' in added) throw Problem.badRequest('The schema can not begin then.', added.problems);
      void reply.status(added.isNew ? HttpStatus.CREATED : HttpStatus.OK);
      return shown(added.version, await this.schemas.timeline(tx));
    });
  }

  @Get('versions')
  @ApiOperation({ summary: 'All versions, the newest first, with when each holds' })
  async versions() {
    const timeline = await this.schemas.timeline(this.dataSource.manager);
    return { versions: timeline.all().map((version) => shown(version, timeline)) };
  }

  @Get('versions/:version')
  @ApiOperation({ summary: 'A version' })
  async version(@Param('version') number: string) {
    const timeline = await this.schemas.timeline(this.dataSource.manager);
    const version = timeline.all().find((one) => String(one.version) === number);
    if (!version) throw Problem.notFound(`There is no version "${number}" of the UTM schema.`);
    return shown(version, timeline);
  }
}

function markProblems({ midPeriod = false, reason }: PutUtmSchemaDto): ProblemEntry[] {
  if (midPeriod && reason === undefined) {
    const detail = 'a change within a quarter is marked without a reason';
    return [{ pointer: '/reason', detail, expected: 'why it can not wait, such as "the agency starts in August"' }];
  }
  if (midPeriod || reason === undefined) return [];
  const expected = '"midPeriod": true with it, or no reason';
  return [{ pointer: '/reason', detail: 'a reason is only kept of a change within a quarter', expected }];
}

interface UtmVersionView {
  version: number;
  validFrom: string;
  /** Null where no later version is known, and where it never held. */
  validUntil: string | null;
  /** It was replaced before it began: it never held. */
  isWithdrawn: boolean;
  /** It does not begin with a quarter, for this reason. */
  midPeriod: boolean;
  reason: string | null;
  createdAt: string;
  schema: UtmSchema;
}

function shown(version: UtmSchemaVersion, timeline: SchemaTimeline): UtmVersionView {
  const end = timeline.endOf(version);
  const from = version.validFrom.getTime();
  const hasNeverHeld = end !== null && end <= from;
  return {
    version: version.version,
    validFrom: toIso(from),
    validUntil: end === null || hasNeverHeld ? null : toIso(end),
    isWithdrawn: hasNeverHeld,
    midPeriod: version.midPeriodReason !== null,
    reason: version.midPeriodReason,
    createdAt: toIso(version.createdAt.getTime()),
    schema: version.schema,
  };
}
