import { Body, Controller, Get, HttpCode, HttpStatus, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { DataSource } from 'typeorm';
import { DESTINATIONS, type Destination } from '../destinations/destination.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Problem } from '../platform/problem.js';
import { readableOf } from './reconciler.js';
import { ReconciliationStore } from './reconciliation-store.js';
import { bodyMayBeMissing } from '../platform/validation.js';

const MOST_SHOWN = 200;
const HINT = 'Customer.io can, with a key of its App API (appApiKey, or CUSTOMERIO_APP_API_KEY).';

@bodyMayBeMissing
export class ReconcileDto {
  @ApiPropertyOptional({
    description: 'One segment, by the segmentId that it is pushed to; all of them unless given',
    example: '7',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { message: 'segmentId must be what the segment is pushed as' })
  segmentId?: string;
}

@ApiTags('destinations')
@ApiBearerAuth()
@RequireScope('manage')
@Controller('v1/destinations/:destination/reconciliations')
export class ReconciliationsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: ReconciliationStore,
    @Inject(DESTINATIONS) private readonly destinations: readonly Destination[],
  ) {}

  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ summary: 'Compare what the destination holds with what we hold, and repair it' })
  async request(@Param('destination') key: string, @Body() body: ReconcileDto) {
    const destination = this.known(key);
    if (!destination.readBack) {
      throw Problem.conflict(`"${key}" can't be asked whom it holds. ${HINT}`);
    }
    return this.dataSource.transaction(async (tx) => {
      const owned = readableOf(destination, await this.runs.owned(tx, key));
      const { segmentId } = body;
      if (segmentId !== undefined && !owned.includes(segmentId)) {
        throw Problem.notFound(`No segment of ours is pushed to segment ${segmentId} of "${key}".`);
      }
      const requested = await this.runs.request(tx, key, segmentId === undefined ? owned : [segmentId]);
      return { requested };
    });
  }

  @Get()
  @ApiOperation({ summary: 'Comparisons and what they found, newest first: the history of drift' })
  async list(@Param('destination') destination: string, @Query() { segmentId }: ReconcileDto) {
    this.known(destination);
    const asked = { destination, ...(segmentId !== undefined && { segmentId }) };
    return { reconciliations: await this.runs.list(this.dataSource.manager, asked, MOST_SHOWN) };
  }

  private known(key: string): Destination {
    const destination = this.destinations.find((one) => one.key === key);
    if (!destination) throw Problem.notFound(`There is no destination "${key}", or it is not configured.`);
    return destination;
  }
}
