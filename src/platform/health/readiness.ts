import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { stateOf, type CheckState, type HealthCheck } from './health-check.js';

export interface ReadinessReport {
  isReady: boolean;
  checks: { name: string; state: CheckState }[];
}

/** Whether this process should be given requests. */
export class Readiness implements OnModuleDestroy {
  private readonly logger = new Logger(Readiness.name);
  private isShuttingDown = false;

  constructor(private readonly checks: readonly HealthCheck[]) {}

  /** From now on not ready, so that load balancers look elsewhere while work under way is finished. */
  beginShutdown(): void {
    this.isShuttingDown = true;
  }

  onModuleDestroy(): void {
    this.beginShutdown();
  }

  async report(): Promise<ReadinessReport> {
    const checks = await Promise.all(this.checks.map((check) => this.judge(check)));
    checks.push({ name: 'running', state: this.isShuttingDown ? 'down' : 'up' });
    const dispensable = new Set(this.checks.filter((one) => one.isDispensable).map(({ name }) => name));
    return { isReady: checks.every(({ name, state }) => state === 'up' || dispensable.has(name)), checks };
  }

  /** What went wrong is for the log: an error's message may tell of addresses inside. */
  private async judge(check: HealthCheck): Promise<ReadinessReport['checks'][number]> {
    const { state, error } = await stateOf(check);
    if (state !== 'up') this.logger.warn({ msg: 'a health check failed', check: check.name, state, err: error });
    return { name: check.name, state };
  }
}
