import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';

interface TracedRequest {
  method: string;
  /** The pattern of its path: a path may name people. */
  route: string;
  headers: object;
}

/** Begins the span of a request, as a part of its caller's trace if it says so. */
export function beginRequest({ method, route, headers }: TracedRequest): Span {
  const attributes = { 'http.request.method': method, 'http.route': route };
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  return trace.getTracer('turnout').startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
}

/** Ends it, with what was answered. */
export function endRequest(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Has every request traced that Fastify answers. */
export function traceRequests(app: NestFastifyApplication): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const { method, headers } = request;
    spans.set(request, beginRequest({ method, headers, route: request.routeOptions.url ?? 'none' }));
    done();
  });
  // Not before: reading the body leaves the context behind.
  fastify.addHook('preHandler', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    const span = spans.get(request);
    if (span) context.with(trace.setSpan(ROOT_CONTEXT, span), done);
    else done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const span = spans.get(request);
    if (span) endRequest(span, reply.statusCode);
    done();
  });
}
