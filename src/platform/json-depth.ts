const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** Brackets and braces, which differ in this bit alone. */
const BRACE_BIT = 0x20;
const [OPENING, CLOSING] = [0x7b, 0x7d];

/**
 * Whether JSON is nested deeper than so many levels. Seen in the bytes, before they are parsed: over 2 MB of brackets
 * JSON.parse alone takes longer than all else may wait.
 */
export function isNestedBeyond(levels: number, body: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfText(body, at);
    else if ((byte | BRACE_BIT) === OPENING) depth += 1;
    else if ((byte | BRACE_BIT) === CLOSING) depth -= 1;
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
