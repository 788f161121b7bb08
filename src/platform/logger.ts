import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { redacted } from './redaction.js';

/**
 * The log: one JSON object a line, on standard output. FATAL and ERROR mean wake someone; WARN: someone should look at
 * it in the morning; INFO: what happened. Whatever is logged loses secrets and personal data on its way.
 */
export function createLogger({ level }: { level: string }, destination?: DestinationStream): Logger {
  const options = {
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: (fields: object) => redacted(fields) },
    // Errors are written by the redaction.
    serializers: { err: (error: unknown) => error },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Parts of Nest that tell of every module and route at each start. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Lets Nest, and everything that logs through its Logger, write to the one log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(fieldsOf(message, rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(fieldsOf(message, rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(fieldsOf(message, rest));
  }

  log(message: unknown, ...rest: unknown[]): void {
    const level = FRAMEWORK.has(rest.at(-1)) ? 'debug' : 'info';
    this.logger[level](fieldsOf(message, rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(fieldsOf(message, rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(fieldsOf(message, rest));
  }
}

/** Nest gives a message of any kind, then perhaps an error or its stack, and the context last. */
function fieldsOf(message: unknown, rest: readonly unknown[]): object {
  const context = typeof rest.at(-1) === 'string' ? { context: rest.at(-1) } : {};
  const error = [message, ...rest].find((one) => one instanceof Error);
  const err = error ? { err: error } : stackIn(rest.slice(0, -1));
  if (message instanceof Error) return { ...context, ...err, msg: message.message };
  if (typeof message === 'object' && message !== null) return { ...context, ...err, ...message };
  return { ...context, ...err, msg: String(message) };
}

function stackIn(rest: readonly unknown[]): object {
  const stack = rest.find((one) => typeof one === 'string');
  return stack === undefined ? {} : { err: { stack } };
}
