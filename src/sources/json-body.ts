import { isUtf8 } from 'node:buffer';
import { UnusableDelivery } from './unusable-delivery.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Far more than any sender nests; what lies deeper is an attack on whoever walks through it. */
const DEEPEST = 64;

/** The JSON object that a body holds. Throws {@link UnusableDelivery}. */
export function readJsonBody(body: Buffer): JsonObject {
  const value = parse(body);
  if (!isJsonObject(value)) throw new UnusableDelivery('wrong_shape', 'the body', 'a JSON object');
  if (isNestedBeyond(DEEPEST, value)) {
    throw new UnusableDelivery('wrong_shape', 'the body', `at most ${DEEPEST} levels of nesting`);
  }
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
  if (!isUtf8(body)) throw new UnusableDelivery('not_json', 'the body', 'UTF-8');
  try {
    return JSON.parse(body.toString());
  } catch {
    // Not passed on: the parser's message quotes the body.
    throw new UnusableDelivery('not_json', 'the body', 'JSON');
  }
}

function isNestedBeyond(levels: number, value: object): boolean {
  if (levels === 0) return true;
  return Object.values(value).some(
    (inner: unknown) => typeof inner === 'object' && inner !== null && isNestedBeyond(levels - 1, inner),
  );
}
