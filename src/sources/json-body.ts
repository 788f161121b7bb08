import { isUtf8 } from 'node:buffer';
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

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Seen in the bytes, before they are parsed: over 2 MB of brackets JSON.parse alone takes longer than all else may wait. */
function isNestedBeyond(levels: number, body: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfText(body, at);
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

/** Where the text ends that begins at a quote; the end of the body if it doesn't. */
function endOfText(body: Buffer, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === BACKSLASH) at += 1;
    else if (body[at] === QUOTE) return at;
  }
  return body.length;
}
