import { isObject } from './route.js';

/** Where the documentation says KB, 1,000 bytes are taken: whoever stays below that also stays below 1,024. */
export const LIMITS = {
  idBytes: 150,
  attributeNameBytes: 150,
  attributeValueBytes: 1_000,
  attributes: 300,
  eventNameBytes: 100,
  eventDataBytes: 100_000,
  segmentIds: 1_000,
  entityBytes: 32_000,
  batchBytes: 500_000,
  membershipPage: 30_000,
};

/** What is wrong with a request or an item of a batch. */
export interface Problem {
  reason: 'required' | 'invalid' | 'too_large';
  field: string;
  message: string;
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const FIRST_MILLISECOND_STAMP = 100_000_000_000;

export function idProblem(value: unknown, field: string): Problem | undefined {
  if (typeof value !== 'string') return { reason: 'invalid', field, message: `${field} must be a string` };
  if (value.trim() === '') return { reason: 'required', field, message: `${field} must not be empty` };
  return tooLarge(value, LIMITS.idBytes, field);
}

export function attributeProblem(attributes: Record<string, unknown>): Problem | undefined {
  const entries = Object.entries(attributes);
  if (entries.length > LIMITS.attributes) {
    return { reason: 'too_large', field: 'attributes', message: `attributes are at most ${LIMITS.attributes}` };
  }
  for (const [name, value] of entries) {
    const problem =
      tooLarge(name, LIMITS.attributeNameBytes, 'attribute name') ??
      tooLarge(textOf(value), LIMITS.attributeValueBytes, 'attribute value');
    if (problem) return problem;
  }
  return undefined;
}

/**
 * What is wrong with an event. Stricter than the documentation in two points that only a mistake would break: an `id` that
 * is no ULID, and a timestamp that must be milliseconds.
 */
export function eventProblem(event: Record<string, unknown>): Problem | undefined {
  const { name, id, timestamp, data } = event;
  if (typeof name !== 'string' || name === '')
    return { reason: 'required', field: 'name', message: 'name is required' };
  if (id !== undefined && !(typeof id === 'string' && ULID.test(id))) {
    return { reason: 'invalid', field: 'id', message: 'id must be a ULID' };
  }
  if (data !== undefined && !isObject(data))
    return { reason: 'invalid', field: 'data', message: 'data must be an object' };
  return (
    timestampProblem(timestamp) ??
    tooLarge(name, LIMITS.eventNameBytes, 'name') ??
    tooLarge(textOf(data), LIMITS.eventDataBytes, 'data')
  );
}

export function timestampProblem(timestamp: unknown): Problem | undefined {
  if (timestamp === undefined) return undefined;
  if (Number.isInteger(timestamp) && Number(timestamp) < FIRST_MILLISECOND_STAMP) return undefined;
  return { reason: 'invalid', field: 'timestamp', message: 'timestamp must be in unix seconds' };
}

const METRICS = new Set(['bounced', 'clicked', 'converted', 'deferred', 'delivered', 'dropped', 'opened', 'spammed']);
const METRIC_FIELDS = new Set(['delivery_id', 'metric', 'timestamp', 'href', 'recipient', 'reason']);

/**
 * What is wrong with a report about a delivery. Stricter than the documentation where only a mistake would differ: fields
 * that it does not know, a click without its link, and a timestamp that must be milliseconds.
 */
export function metricProblem(report: unknown): Problem | undefined {
  const invalid = (field: string, message: string): Problem => ({ reason: 'invalid', field, message });
  if (!isObject(report)) return invalid('body', 'body must be an object');
  const stranger = Object.keys(report).find((field) => !METRIC_FIELDS.has(field));
  if (stranger !== undefined) return invalid(stranger, `${stranger} is not a field of a metric`);
  const { delivery_id: delivery, metric, timestamp, href } = report;
  if (typeof delivery !== 'string' || delivery.trim() === '') {
    return { reason: 'required', field: 'delivery_id', message: 'delivery_id is required' };
  }
  if (typeof metric !== 'string' || !METRICS.has(metric)) return invalid('metric', 'metric is not one of an email');
  const untimely = timestampProblem(timestamp);
  if (untimely) return untimely;
  if (metric === 'clicked' && !(typeof href === 'string' && URL.canParse(href))) {
    return invalid('href', 'href must be the link that was clicked');
  }
  return undefined;
}

function tooLarge(text: string, mostBytes: number, field: string): Problem | undefined {
  if (Buffer.byteLength(text) <= mostBytes) return undefined;
  return { reason: 'too_large', field, message: `${field} is at most ${mostBytes} bytes` };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
