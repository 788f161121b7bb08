import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isUnreachable, isUnstorableText } from './database-errors.js';
import { jsonPointer, Problem, type ProblemEntry } from './problem.js';
import { Seldom } from './seldom.js';

/** Turns whatever was thrown into an answer; the one place where errors become HTTP. */
/** That the database is away is said so often, not for each of the requests that come meanwhile. */
const SAID_EVERY_MS = 10_000;

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);
  private readonly saying = new Seldom(SAID_EVERY_MS);

  catch(exception: unknown, host: ArgumentsHost): void {
    this.answer(
      exception,
      host.switchToHttp().getRequest<FastifyRequest>(),
      host.switchToHttp().getResponse<FastifyReply>(),
    );
  }

  /** Answers a request with what went wrong. */
  answer(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.raw.headersSent) {
      // Too late for an answer; a connection that breaks off says at least that this one is not whole.
      reply.raw.destroy();
      return;
    }
    const problem = problemOf(exception, request) ?? this.unexpected(exception, request);
    void reply.status(problem.status).headers(problem.headers).type('application/problem+json').send(problem.toJSON());
  }

  /** Nothing of an unexpected error leaves the process but an id under which it is logged. */
  private unexpected(exception: unknown, request: FastifyRequest): Problem {
    const cause = exception instanceof HttpException ? exception.cause : exception;
    if (isUnreachable(cause)) return this.databaseAway(cause);
    const id = randomUUID();
    this.logger.error({
      msg: 'a request failed unexpectedly',
      errorId: id,
      method: request.method,
      // The pattern: a path itself may carry an email.
      route: request.routeOptions?.url,
      err: exception instanceof Error ? exception : new Error(`a ${typeof exception} was thrown`),
    });
    const status = statusOf(exception) ?? HttpStatus.INTERNAL_SERVER_ERROR;
    return new Problem({
      status,
      detail: `Something went wrong on our side. It is logged under ${id}.`,
      members: { instance: `urn:uuid:${id}` },
    });
  }

  /** No fault of the request, nor of ours: the same again succeeds once it is back. */
  private databaseAway(error: unknown): Problem {
    this.saying.say((unsaid) =>
      this.logger.warn({ msg: 'requests are answered 503: the database can not be asked', others: unsaid, err: error }),
    );
    return new Problem({
      status: 503,
      detail: 'The database can not be asked just now. Send the same again in a moment.',
      headers: { 'retry-after': '1' },
    });
  }
}

function problemOf(exception: unknown, request: FastifyRequest): Problem | undefined {
  if (exception instanceof Problem) return exception;
  if (isUnstorableText(exception)) return unstorableText(request);
  const fastifyProblem = problemOfFastify(fastifyErrorIn(exception), request);
  if (fastifyProblem) return fastifyProblem;
  const status = statusOf(exception);
  if (status === undefined || status >= 500) return undefined;
  if (status === 404) {
    const [path] = request.url.split('?');
    return Problem.notFound(`There is no ${request.method} ${path}.`);
  }
  // Only Nest's own messages are passed on; they speak of the request.
  const detail = exception instanceof HttpException ? exception.message : STATUS_CODES[status];
  return new Problem({ status, detail: detail ?? 'The request is refused.' });
}

function unstorableText({ url }: FastifyRequest): Problem {
  const where = url.includes('%00') ? 'The address' : 'The body';
  return Problem.badRequest(`${where} holds the character U+0000, which no key, name or id can have. Take it out.`);
}

/** Nest hands Fastify's errors over as the cause of an exception of its own. */
function fastifyErrorIn(exception: unknown): Partial<FastifyError> {
  const error = exception instanceof HttpException ? exception.cause : exception;
  return error instanceof Error ? error : {};
}

function problemOfFastify({ code, validation }: Partial<FastifyError>, request: FastifyRequest): Problem | undefined {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return Problem.bodyTooLarge(request.routeOptions.bodyLimit);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return Problem.unsupportedMediaType('The body has to be JSON, sent with "Content-Type: application/json".');
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return Problem.badRequest('The body is empty, but its Content-Type says JSON.');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return Problem.badRequest('The body is not valid JSON.');
    case 'FST_ERR_VALIDATION':
      return Problem.badRequest('The request is not right.', (validation ?? []).map(schemaEntry));
    default:
      return undefined;
  }
}

function schemaEntry(entry: NonNullable<FastifyError['validation']>[number]): ProblemEntry {
  const { missingProperty, additionalProperty } = entry.params;
  const name = missingProperty ?? additionalProperty;
  const below = typeof name === 'string' ? jsonPointer(name) : '';
  return { pointer: entry.instancePath + below, detail: entry.message ?? 'is not right' };
}

function statusOf(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();
  const status = exception instanceof Error && 'statusCode' in exception ? exception.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}
