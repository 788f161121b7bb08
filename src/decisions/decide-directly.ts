import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerDirectly } from '../platform/answer-directly.js';
import { DecideController } from './decide.controller.js';

/** Has Fastify itself answer what journeys ask one by one. To be called before routes are made. */
export function decideDirectly(app: NestFastifyApplication): void {
  answerDirectly(app, {
    url: '/v1/journeys/:journey/branch-points/:branchPoint/decide',
    controller: DecideController,
    method: 'decide',
    answer: (controller, request) => {
      const { journey, branchPoint } = request.params as { journey: string; branchPoint: string };
      const requestKey = request.headers['idempotency-key'] as string | undefined;
      const flags = request.query as Record<string, string | undefined>;
      return controller.decide(journey, branchPoint, flags, requestKey, request.body, request);
    },
  });
}
