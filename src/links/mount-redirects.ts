import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { CreateRateLimitOptions } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Redirector, type Answer } from './redirector.js';

export interface RedirectSettings {
  /** Of one address, in each process; 0: any number. */
  requestsPerSecond: number;
  /** Where the proxy in front names the address that asks; undefined: there is none in front. */
  addressHeader: string | undefined;
}

const PATH = '/l/';

/** Counted over so long, so that a few links opened at once are no offence. */
const WINDOW_SECONDS = 10;
const MOST_ADDRESSES = 20_000;

/** Whoever is led on tells nobody from where, and nobody keeps or lists where to. */
const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const PAGES = {
  unknown: {
    status: 404,
    body: page('This link is not known', 'It may have been cut off on its way. Try the whole link.'),
  },
  gone: { status: 410, body: page('This link is no longer valid', 'What it led to has ended.') },
  tooMany: { status: 429, body: page('Too many requests', 'Try again in a few seconds.') },
  unavailable: { status: 503, body: page('One moment, please', 'This page tries again by itself.') },
} as const;

/**
 * The public route of links, beside Nest's routes: it needs no key, has no body, and what it costs is what every click costs.
 * Only the path is read, never the query.
 */
export function mountRedirects(app: NestFastifyApplication, settings: RedirectSettings): void {
  const redirector = app.get(Redirector);
  const fastify = app.getHttpAdapter().getInstance();
  const isOneTooMany = limiter(settings);
  fastify.route({
    method: ['GET', 'HEAD'],
    url: `${PATH}*`,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const address = addressOf(request, settings.addressHeader);
      if (await isOneTooMany(request, address)) return refuse(reply, 'tooMany');
      const { method, headers } = request;
      return answer(
        reply,
        await redirector.follow({ method, headers, address, token: tokenIn(request), host: hostOf(request) }),
      );
    },
  });
}

function answer(reply: FastifyReply, answer: Answer): FastifyReply {
  if ('refused' in answer) return refuse(reply, answer.refused);
  // Its length is said so that HEAD says the same.
  return reply.code(302).headers(HEADERS).headers({ location: answer.to, 'content-length': '0' }).send();
}

function refuse(reply: FastifyReply, why: keyof typeof PAGES): FastifyReply {
  const { status, body } = PAGES[why];
  // A browser comes again by itself: a database that restarts costs a visitor seconds, and no click is lost.
  if (why === 'unavailable') void reply.header('retry-after', '2').header('refresh', '2');
  if (why === 'tooMany') void reply.header('retry-after', String(WINDOW_SECONDS));
  return reply.code(status).headers(HEADERS).type('text/html; charset=utf-8').send(body);
}

/** As it stands in the path: another spelling of a token is none. */
function tokenIn({ raw }: FastifyRequest): string {
  const path = raw.url ?? '';
  const end = path.indexOf('?');
  return path.slice(PATH.length, end < 0 ? undefined : end);
}

function hostOf({ headers }: FastifyRequest): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d+$/, '');
}

/** Of several the last: it is the one that our own proxy wrote. */
function addressOf({ headers, socket }: FastifyRequest, header: string | undefined): string {
  const named = header === undefined ? undefined : headers[header];
  return (
    String(named ?? '')
      .split(',')
      .at(-1)!
      .trim() ||
    (socket.remoteAddress ?? '')
  );
}

type Limiter = (request: FastifyRequest) => Promise<{ isAllowed: boolean; isExceeded?: boolean }>;
type MakeLimiter = (options: CreateRateLimitOptions & { cache: number }) => Limiter;

/** Made at the first request: the plugin is there by then. */
function limiter({ requestsPerSecond, addressHeader }: RedirectSettings) {
  let made: Limiter | undefined;
  return async (request: FastifyRequest, address: string): Promise<boolean> => {
    if (requestsPerSecond === 0 || address === '') return false;
    made ??= (request.server as unknown as { createRateLimit: MakeLimiter }).createRateLimit({
      max: requestsPerSecond * WINDOW_SECONDS,
      timeWindow: WINDOW_SECONDS * 1_000,
      cache: MOST_ADDRESSES,
      keyGenerator: (asked) => addressOf(asked, addressHeader),
    });
    return (await made(request)).isExceeded === true;
  };
}

function page(title: string, text: string): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<meta name="robots" content="noindex"><title>${title}</title></head>` +
    `<body><h1>${title}</h1><p>${text}</p></body></html>`
  );
}
