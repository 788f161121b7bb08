import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ApiKeyGuard } from '../platform/auth/api-key.guard.js';
import { ProblemFilter } from '../platform/problem.filter.js';
import { DecideController } from './decide.controller.js';

const ROUTE = '/v1/journeys/:journey/branch-points/:branchPoint/decide';

interface Params {
  journey: string;
  branchPoint: string;
}

/**
 * Has Fastify itself answer what journeys ask one by one, by the same guard, controller and filter. What Nest does around a
 * controller (interceptors, pipes, an observable for each answer) has no part in this route, and costs more than the
 * decision. To be called before routes are made; Nest makes this one, too, from which its serialiser and description come.
 */
export function decideDirectly(app: NestFastifyApplication): void {
  const [guard, filter, controller] = [
    app.get(ApiKeyGuard),
    app.get(ProblemFilter),
    app.get(DecideController, { strict: false }),
  ];
  const door = guard.doorOf(Reflect.get(DecideController.prototype, 'decide'), DecideController);
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    try {
      await guard.admit(request, door);
      const { journey, branchPoint } = request.params as Params;
      const requestKey = request.headers['idempotency-key'] as string | undefined;
      const flags = request.query as Record<string, string | undefined>;
      void reply.send(await controller.decide(journey, branchPoint, flags, requestKey, request.body, request));
    } catch (error) {
      filter.answer(error, request, reply);
    }
  };
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route: RouteOptions) => {
    if (route.url !== ROUTE || route.method !== 'POST') return;
    const byNest = route.handler;
    route.handler = function (request: FastifyRequest, reply: FastifyReply) {
      const { journey, branchPoint } = request.params as Params;
      if (journey === '' || branchPoint === '') return byNest.call(this, request, reply); // no such path, it says
      return void answer(request, reply);
    };
  });
}
