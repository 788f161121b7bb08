import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ApiKeyGuard } from './auth/api-key.guard.js';
import { ProblemFilter } from './problem.filter.js';

/** A route that is asked by the thousand, and who answers there. It has to answer POST with 200. */
export interface DirectRoute<Controller> {
  url: string;
  controller: Type<Controller>;
  /** The controller's method that Nest would call, which says who may use the route. */
  method: keyof Controller & string;
  answer: (controller: Controller, request: FastifyRequest) => Promise<unknown>;
}

/**
 * Has Fastify itself answer a route, by the same guard, controller and filter. What Nest does around a controller
 * (interceptors, pipes, an observable for each answer) has no part in it, and costs more than what is asked there. To be called
 * before routes are made; Nest makes this one, too, from which its serialiser and description come.
 */
export function answerDirectly<Controller extends object>(
  app: NestFastifyApplication,
  { url, controller: type, method, answer }: DirectRoute<Controller>,
): void {
  const [guard, filter] = [app.get(ApiKeyGuard), app.get(ProblemFilter)];
  const controller = app.get(type, { strict: false });
  const door = guard.doorOf(Reflect.get(type.prototype, method), type);
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    try {
      await guard.admit(request, door);
      void reply.send(await answer(controller, request));
    } catch (error) {
      filter.answer(error, request, reply);
    }
  };
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (route: RouteOptions) => {
      if (route.url !== url || route.method !== 'POST') return;
      const byNest = route.handler;
      route.handler = function (request: FastifyRequest, reply: FastifyReply) {
        // No such path, it says.
        if (Object.values(request.params as object).includes('')) return byNest.call(this, request, reply);
        return void handle(request, reply);
      };
    });
}
