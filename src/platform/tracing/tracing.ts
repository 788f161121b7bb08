import {
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';

/** Does nothing until a provider is registered: see `start-tracing.ts`. */
const tracer = trace.getTracer('turnout');

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Where work belongs that an event brought about, by the event's id. */
export type Origins = ReadonlyMap<string, string>;

const ORIGINS = createContextKey('origins');

export interface SpanOptions {
  /** What it is a part of, as W3C Trace Context writes it; a trace of its own unless given. */
  parent?: string | undefined;
  /** What else it is done for. */
  links?: readonly string[];
  attributes?: Attributes;
}

/** What the work at hand is a part of, as W3C Trace Context writes it; undefined while it is not traced. */
export function traceparent(): string | undefined {
  const span = trace.getActiveSpan();
  return span && traceparentOf(span);
}

export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`;
}

/** Begins a span that its caller ends. */
export function beginSpan(name: string, { parent, links = [], attributes = {} }: SpanOptions = {}): Span {
  const linked = links.map(linkTo).filter((link) => link !== undefined);
  return tracer.startSpan(name, { attributes, links: linked }, contextOf(parent));
}

/** Does some work within a span, which ends with it. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const span = beginSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), () => work(span));
  } catch (error) {
    // Its name alone: a message may quote what somebody said.
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
    throw error;
  } finally {
    span.end();
  }
}

/** Does some work that knows where the events come from that it is about. */
export function withOrigins<T>(origins: Origins, work: () => T): T {
  return context.with(context.active().setValue(ORIGINS, origins), work);
}

/** Whether there is a trace that the work at hand, or an event that it is about, belongs to. */
export function isTraced(): boolean {
  return context.active().getValue(ORIGINS) !== undefined || traceparent() !== undefined;
}

/** Where an event came from, as far as the work at hand knows. */
export function originOf(eventId: string): string | undefined {
  return (context.active().getValue(ORIGINS) as Origins | undefined)?.get(eventId);
}

function contextOf(parent: string | undefined): Context {
  const span = parent === undefined ? undefined : spanContextOf(parent);
  return span ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
}

function linkTo(parent: string): Link | undefined {
  const span = spanContextOf(parent);
  return span && { context: span };
}

function spanContextOf(text: string) {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  return traceId && spanId ? { traceId, spanId, traceFlags: parseInt(flags!, 16) & 1, isRemote: true } : undefined;
}
