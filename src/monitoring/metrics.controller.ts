import { Controller, Get, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { OrToken } from '../platform/auth/or-token.js';
import { RequireScope } from '../platform/auth/require-scope.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { Standing } from './standing.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly standing: Standing,
  ) {}

  @Get()
  @ApiBearerAuth()
  @RequireScope('manage')
  @OrToken('metrics')
  @ApiProduces('text/plain')
  @ApiOperation({ summary: 'Metrics for Prometheus, of this process and of what all share' })
  async show(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    await this.standing.refresh();
    void reply.type(this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
