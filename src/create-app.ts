import type { IncomingMessage } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { LoggerService } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppModule } from './app.module.js';
import { decideDirectly } from './decisions/decide-directly.js';
import { linkListener } from './links/link-listener.js';
import type { Config } from './platform/config.js';
import { protectHttp, serverSettings, type FirstListener } from './platform/http-protection.js';
import { jsonBodyParser } from './platform/json-body-parser.js';
import { timeRequests } from './platform/metrics/http-metrics.js';
import { traceRequests } from './platform/tracing/trace-requests.js';
import { Problem } from './platform/problem.js';
import { takeDirectly } from './sources/take-directly.js';

type Done = (error: Error | null, body?: unknown) => void;

/** Bodies that are read as they come. */
const STREAMED = ['/v1/imports', '/v1/utm/lint/csv'];
const STREAM = 'application/vnd.turnout.stream';

/** Webhooks, and the calls of Segment's API, which may be packed. */
const RAW = /^\/v1\/(sources\/[^/]+|identify|track|page|screen|group|alias|batch|import|b)$/;

/** Of a part of a path: longer than any identifier is, all of it percent-encoded (320 bytes and its kind). */
const MOST_PARAMETER_CHARACTERS = 1_024;

/** Makes the application, ready to listen. The database must be migrated. */
export async function createApp(
  config: Config,
  databaseUrl: string,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const { webhookBodyLimitBytes, apiBodyLimitBytes } = config.http;
  let followLinks: FirstListener = () => false;
  const adapter = new FastifyAdapter({
    ...serverSettings((request, response) => followLinks(request, response)),
    bodyLimit: Math.max(webhookBodyLimitBytes, apiBodyLimitBytes),
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARACTERS },
    frameworkErrors: refuseUrl,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, databaseUrl), adapter, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  await protectHttp(app);
  timeRequests(app);
  if (config.tracing) traceRequests(app);
  parseBodies(app, config.http);
  if (config.roles.includes('api')) {
    decideDirectly(app);
    takeDirectly(app);
    followLinks = linkListener(app, { ...config.links, isTraced: config.tracing !== undefined });
  }
  return app;
}

/** What Fastify refuses before Nest sees it. */
function refuseUrl({ code }: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const isTooLong = code === 'FST_ERR_MAX_PARAM_LENGTH';
  const problem = isTooLong
    ? new Problem({ status: 414, detail: `A part of the path has more than ${MOST_PARAMETER_CHARACTERS} characters.` })
    : Problem.badRequest('The URL is not well-formed.');
  void reply.status(problem.status).type('application/problem+json').send(problem.toJSON());
}

/** Small files to upload, such as lists of people, are taken as they come, and as large as webhooks. */
const LISTS = /^(PUT \/v1\/segments\/[^/]+\/members|POST \/v1\/audit\/downstream)$/;
const LIST_TYPES = /^(application\/x-ndjson|text\/csv)\b/i;

/**
 * Webhooks keep their raw bytes, whatever their type: the signature is over these. Everything but lists is JSON, of which the
 * bytes are kept where they are signed.
 */
function parseBodies(app: NestFastifyApplication, limits: Config['http']): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parseJson = jsonBodyParser(fastify);
  fastify.removeAllContentTypeParsers();
  // A file may be larger than memory: whatever its type, it is left to be read as it comes.
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    if (isStreamed(request.raw)) request.raw.headers['content-type'] = STREAM;
    done();
  });
  fastify.addContentTypeParser(STREAM, (request: FastifyRequest, body: unknown, done: Done) => {
    if (isStreamed(request.raw)) done(null, body);
    else done(Problem.unsupportedMediaType('The body has to be JSON, sent with "Content-Type: application/json".'));
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done: Done) => {
    const type = request.headers['content-type'] ?? '';
    const isRaw = isRawPath(request.raw) || isList(request.raw, type);
    const limit = isRaw ? limits.webhookBodyLimitBytes : limits.apiBodyLimitBytes;
    if (body.length > limit) {
      done(Problem.bodyTooLarge(limit));
    } else if (isRaw) {
      done(null, body);
    } else if (/^application\/([\w.-]+\+)?json\b/i.test(type)) {
      if (request.headers['x-cio-signature'] !== undefined) request.rawBody = body;
      parseJson(request, body, done);
    } else {
      done(Problem.unsupportedMediaType('The body has to be JSON, sent with "Content-Type: application/json".'));
    }
  });
}

function isStreamed(request: IncomingMessage): boolean {
  return request.method === 'POST' && STREAMED.includes(request.url?.split('?')[0] ?? '');
}

function isRawPath(request: IncomingMessage): boolean {
  return request.method === 'POST' && RAW.test(request.url?.split('?')[0] ?? '');
}

function isList(request: IncomingMessage, type: string): boolean {
  return LISTS.test(`${request.method} ${request.url?.split('?')[0]}`) && LIST_TYPES.test(type);
}
