import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { getQueueToken } from '@nestjs/bullmq';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Queue } from 'bullmq';
import type { FastifyRequest } from 'fastify';
import { ApiKeyStore } from './auth/api-key-store.js';
import { keyIn } from './auth/credentials.js';
import { Problem } from './problem.js';
import { DELIVER_QUEUE, EVALUATE_QUEUE } from './queues.js';

const PATH = '/queues';

/**
 * A page that shows the queues, at `/queues`. Like `/docs` it is registered beside Nest's routes, so it asks for its key
 * itself: a browser sends it as the user name. It shows and changes nothing, so that no page elsewhere can use it.
 */
export async function mountQueueBoard(app: NestFastifyApplication): Promise<void> {
  const board = new FastifyAdapter();
  board.setBasePath(PATH);
  const queues = [EVALUATE_QUEUE, DELIVER_QUEUE].map((name) => app.get<Queue>(getQueueToken(name)));
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'Turnout', hideRedisDetails: true } },
  });
  const keys = app.get(ApiKeyStore);
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      if (await mayManage(request, keys)) return;
      const { status, headers } = REFUSAL;
      await reply.status(status).headers(headers).type('application/problem+json').send(REFUSAL.toJSON());
    });
    await scope.register(board.registerPlugin(), { prefix: PATH });
  });
}

async function mayManage({ headers }: FastifyRequest, keys: ApiKeyStore): Promise<boolean> {
  const key = keyIn(headers.authorization);
  const verified = key === undefined ? undefined : await keys.verify(key);
  return verified?.scopes.includes('manage') ?? false;
}

/** Asks a browser for a user name. */
const REFUSAL = Problem.unauthorised(
  'The queue board needs an API key of scope "manage" as user name, without a password.',
  'Basic realm="turnout"',
);
