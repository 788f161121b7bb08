import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.js';
import { Problem } from '../problem.js';
import { VERSION } from '../version.js';
import { Readiness } from './readiness.js';

@ApiTags('health')
@Public('asked by load balancers and orchestrators, which have no key')
@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('healthz')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Is the process alive?' })
  healthz() {
    return { status: 'alive', version: VERSION, uptimeSeconds: Math.floor(process.uptime()) };
  }

  @Get('readyz')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Can it answer requests, and if not, what is missing?' })
  async readyz() {
    const { isReady, checks } = await this.readiness.report();
    if (isReady) return { status: 'ready', checks };
    const missing = checks.filter(({ state }) => state !== 'up').map(({ name }) => name);
    throw Problem.unavailable(`Not ready: ${missing.join(', ')}.`, { checks });
  }
}
