import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { Problem } from './problem.js';

/** All headers of a request together. */
const MOST_HEADER_BYTES = 16_384;

/** A connection on which nothing moves for so long is closed. */
const IDLE_MS = 120_000;

/**
 * Longer than proxies (60 s) and clients in Go (90 s), such as the one that sends Customer.io's webhooks, keep a connection
 * that is idle: one that we closed just as they use it would fail the request.
 */
const KEPT_ALIVE_MS = 95_000;

/** Answers a request; false if it is not for this listener. */
export type FirstListener = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * How Fastify makes its server, with limits that hold for every request. `first` is asked before Fastify is: what is asked
 * by the thousand and needs no framework is answered there.
 */
export function serverSettings(first: FirstListener) {
  return {
    clientErrorHandler: answerClientError,
    serverFactory: (fastify: RequestListener): Server => {
      const limits = { maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: 30_000, requestTimeout: 0 };
      const server = createServer({ ...limits, keepAliveTimeout: KEPT_ALIVE_MS }, (request, response) => {
        if (!first(request, response)) fastify(request, response);
      });
      server.setTimeout(IDLE_MS);
      return server;
    },
  };
}

/** What there is to say of requests that are no HTTP, or too much of it: nobody else sees them. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = problemOfClient(error.code);
  const body = JSON.stringify(problem.toJSON());
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}

function problemOfClient(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const detail = `The headers are larger than is taken here: ${MOST_HEADER_BYTES} bytes.`;
    return new Problem({ status: 431, detail });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem({ status: 408, detail: 'The request took too long to arrive.' });
  }
  return Problem.badRequest('The request is not well-formed HTTP.');
}

/** What `/docs` and the queue board load, all from here; nothing else is a page. */
const PAGES = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** Headers that make a browser distrust whatever it is sent, and the counting of requests. */
export async function protectHttp(app: NestFastifyApplication): Promise<void> {
  // Made once: the plugin for Fastify would work out the headers for every request.
  const setHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: PAGES },
    // Of this name alone: what else lives on the domain is not ours to decide.
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  });
  // By key, once it is known whose it is: see `auth/rate-limits.ts`.
  await app.register(rateLimit, { global: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (isOurAnswer(request.raw)) reply.header('cache-control', 'no-store');
    setHeaders(request.raw, reply.raw, () => done());
  });
}

/** Answers tell of people: nobody on the way may keep them. */
function isOurAnswer({ url }: IncomingMessage): boolean {
  return url?.startsWith('/v1/') ?? false;
}
