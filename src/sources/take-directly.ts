import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerDirectly } from '../platform/answer-directly.js';
import { SourcesController } from './sources.controller.js';

/** Has Fastify itself answer webhooks. To be called before routes are made. */
export function takeDirectly(app: NestFastifyApplication): void {
  answerDirectly(app, {
    url: '/v1/sources/:source',
    controller: SourcesController,
    method: 'receive',
    answer: (controller, request) => {
      const { source } = request.params as { source: string };
      const headers = request.headers as Record<string, string | undefined>;
      return controller.receive(source, headers, request);
    },
  });
}
