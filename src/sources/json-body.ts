import { isUtf8 } from 'node:buffer';
import { isNestedBeyond } from '../platform/json-depth.js';
import { UnusableDelivery } from './unusable-delivery.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Far more than any sender nests; what lies deeper is an attack on whoever walks through it. */
const DEEPEST = 64;

/** The JSON object that a body holds. Throws {@link UnusableDelivery}. */
export function readJsonBody(body: Buffer): JsonObject {
  if (!isUtf8(body)) throw new UnusableDelivery('not_json', 'the body', 'UTF-8');
  if (isNestedBeyond(DEEPEST, body)) {
    throw new UnusableDelivery('wrong_shape', 'the body', `at most ${DEEPEST} levels of nesting`);
  }
  const value = parse(body);
  if (!isJsonObject(value)) throw new UnusableDelivery('wrong_shape', 'the body', 'a JSON object');
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An optional object: empty for anything else. */
export function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The objects of an optional list: none for anything else. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    // Not passed on: the parser's message quotes the body.
    throw new UnusableDelivery('not_json', 'the body', 'JSON');
  }
}
