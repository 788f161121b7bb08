import { Module } from '@nestjs/common';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** `/healthz` and `/readyz`. What is checked comes from whoever provides {@link HEALTH_CHECKS}. */
@Module({
  controllers: [HealthController],
  providers: [
    {
      provide: Readiness,
      inject: [HEALTH_CHECKS],
      useFactory: (checks: readonly HealthCheck[]) => new Readiness(checks),
    },
  ],
  exports: [Readiness],
})
export class HealthModule {}
