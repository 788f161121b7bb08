import { randomUUID } from 'node:crypto';
import { Problem } from '../../platform/problem.js';
import { isJsonObject, objectIn, readJsonBody, type JsonObject } from '../json-body.js';
import { UnusableDelivery } from '../unusable-delivery.js';
import type { CallType } from './check-call.js';

export const LARGEST_CALL_BYTES = 32 * 1024;
export const LARGEST_BATCH_BYTES = 500 * 1024;
export const MOST_CALLS = 2_500;

/** A call as it is read, and the bytes that are kept if it can't be. */
export interface ReceivedCall {
  call: JsonObject;
  body: Buffer;
}

/** The call of a request to `/v1/<type>`. Throws a {@link Problem}. */
export function singleCall(type: CallType, body: Buffer): ReceivedCall {
  refuseLarger(body, LARGEST_CALL_BYTES);
  return { call: withId({ ...objectOf(body), type }), body };
}

/**
 * The calls of a request to `/v1/batch`, each with what the batch says for all of them. What is no call at all, or too
 * large for one, comes as it is, to be kept aside. Throws a {@link Problem}.
 */
export function callsOfBatch(body: Buffer): ReceivedCall[] {
  refuseLarger(body, LARGEST_BATCH_BYTES);
  const { batch, context, integrations, sentAt } = objectOf(body);
  if (!Array.isArray(batch) || batch.length === 0 || batch.length > MOST_CALLS) {
    throw Problem.badRequest('The batch is not usable.', [
      { pointer: '/batch', detail: 'this is no batch', expected: `a list of 1 to ${MOST_CALLS} calls` },
    ]);
  }
  const shared = { context: objectIn(context), integrations: objectIn(integrations) };
  return batch.map((item: unknown) => {
    const own = Buffer.from(JSON.stringify(item));
    if (!isJsonObject(item) || own.length > LARGEST_CALL_BYTES) return { call: NO_CALL, body: own };
    return { call: withId({ ...item, ...merged(shared, item), sentAt: item['sentAt'] ?? sentAt }), body: own };
  });
}

/** What is read in the place of something that is no call; it is refused for its type. */
const NO_CALL: JsonObject = {};

/** What is wrong as a whole is left as it is, to be refused. */
function merged(shared: { context: JsonObject; integrations: JsonObject }, item: JsonObject): JsonObject {
  const both = (name: 'context' | 'integrations'): unknown => {
    const own = item[name] ?? {};
    return isJsonObject(own) ? { ...shared[name], ...own } : own;
  };
  return { context: both('context'), integrations: both('integrations') };
}

/** A call that has neither an id nor a time can't be told from the same thing happening again: it is a new one. */
function withId(call: JsonObject): JsonObject {
  const isKnown = [call['messageId'], call['timestamp'], call['originalTimestamp']].some(Boolean);
  return isKnown ? call : { ...call, messageId: randomUUID() };
}

function refuseLarger(body: Buffer, mostBytes: number): void {
  if (body.length > mostBytes) throw Problem.payloadTooLarge(`The body is larger than ${mostBytes / 1024} KB.`);
}

function objectOf(body: Buffer): JsonObject {
  try {
    return readJsonBody(body);
  } catch (error) {
    if (!(error instanceof UnusableDelivery)) throw error;
    throw Problem.badRequest('The body is not usable.', [
      { pointer: '', detail: 'it can not be read', expected: error.message.replace(/^the body: expected /, '') },
    ]);
  }
}
