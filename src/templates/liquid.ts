/** Where a template's Liquid stands, and the same text with something harmless in its place. */

export interface LiquidChunk {
  start: number;
  end: number;
  /** The tag's name, such as `if`; undefined for what prints a value (`{{ … }}`). */
  tag: string | undefined;
}

export interface MaskedTemplate {
  /** As long as the template, so that offsets hold in both. */
  masked: string;
  /** In order, and none within another. */
  chunks: readonly LiquidChunk[];
}

const CLOSED_BY: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}' };

/** These are never sent: what stands between the tag and its end is no part of the message. */
const UNSENT = 'comment';

/**
 * Takes Liquid out of a template, so that quotes, brackets and spaces within it do not confuse who reads the rest. As in
 * Liquid, the first closing bracket ends a chunk, quotes or not.
 */
export function maskLiquid(text: string): MaskedTemplate {
  const chunks = withUnsentJoined(chunksIn(text));
  let previous = { end: 0, filler: ' ' };
  const masked = replaced(text, chunks, ({ start, end }) => {
    const isAdjacent = start === previous.end && start > 0;
    previous = { end, filler: isAdjacent ? previous.filler : fillerAfter(text.slice(Math.max(0, start - 42), start)) };
    return previous.filler.repeat(end - start);
  });
  return { masked, chunks };
}

/** A text with something else in the place of pieces of it, which are in order. */
export function replaced<Piece extends { start: number; end: number }>(
  text: string,
  pieces: readonly Piece[],
  by: (piece: Piece) => string,
): string {
  const parts: string[] = [];
  let done = 0;
  for (const piece of pieces) {
    parts.push(text.slice(done, piece.start), by(piece));
    done = piece.end;
  }
  return parts.join('') + text.slice(done);
}

function chunksIn(text: string): LiquidChunk[] {
  const chunks: LiquidChunk[] = [];
  const isOver: Record<string, boolean> = {};
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at)) {
    const open = text.slice(at, at + 2);
    const close = CLOSED_BY[open];
    const found = close === undefined || isOver[open] ? -1 : text.indexOf(close, at + 2);
    if (close !== undefined && found < 0) isOver[open] = true;
    if (found < 0) {
      at += 1;
      continue;
    }
    const end = found + 2;
    chunks.push({
      start: at,
      end,
      tag: open === '{%' ? (/^\{%-?\s*(\w+)/.exec(text.slice(at, end))?.[1] ?? '') : undefined,
    });
    at = end;
  }
  return chunks;
}

/** From `{% comment %}` to its end is one chunk. */
function withUnsentJoined(chunks: readonly LiquidChunk[]): LiquidChunk[] {
  const joined: LiquidChunk[] = [];
  const ends = chunks.flatMap(({ tag }, index) => (tag === `end${UNSENT}` ? [index] : []));
  let next = 0;
  for (let index = 0; index < chunks.length; index++) {
    const chunk = chunks[index]!;
    while (next < ends.length && ends[next]! <= index) next += 1;
    const last = chunk.tag === UNSENT ? ends[next] : undefined;
    joined.push(last === undefined ? chunk : { ...chunk, end: chunks[last]!.end });
    if (last !== undefined) index = last;
  }
  return joined;
}

/**
 * A space between attributes and words, so that these stay apart; a letter within a URL or an attribute without quotes, so
 * that these stay together.
 */
function fillerAfter(before: string): string {
  const last = before.at(-1);
  if (last === undefined || /["'<>]/.test(last) || /<[A-Za-z][\w:-]{0,40}$/.test(before)) return ' ';
  if (!/\s/.test(last)) return 'x';
  return /=\s{1,8}$/.test(before) ? 'x' : ' ';
}

/** The index of the first chunk that ends behind an offset. */
export function firstAfter(chunks: readonly LiquidChunk[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chunks[middle]!.end > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where the Liquid of a link stands. */
export type LiquidPlace = 'none' | 'whole' | 'host' | 'part';

/** `start` and `end` are of the link. */
export function liquidPlace(text: string, start: number, end: number, chunks: readonly LiquidChunk[]): LiquidPlace {
  const first = chunks[firstAfter(chunks, start)];
  if (!first || first.start >= end) return 'none';
  const before = text.slice(start, first.start);
  if (/^\s*[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+[/?#]/i.test(before)) return 'part';
  return before.trim() === '' ? 'whole' : 'host';
}

const ALTERNATIVES = new Set(['else', 'elsif', 'when']);
const OPENING = new Set(['if', 'unless', 'case', 'for', 'tablerow', 'ifchanged', 'capture', 'form', 'paginate']);

/** Whether what stands at an offset, once the Liquid there has been read, goes on in the same word. */
export function goesOnAt(text: string, offset: number, chunks: readonly LiquidChunk[]): boolean {
  let at = offset;
  let index = firstAfter(chunks, at);
  while (index < chunks.length && chunks[index]!.start === at) {
    const { tag = '', end } = chunks[index]!;
    if (tag === '' || OPENING.has(tag)) return true;
    if (ALTERNATIVES.has(tag)) {
      index = endOfBlock(chunks, index);
      if (index < 0) return false;
      at = chunks[index]!.end;
    } else at = end;
    index += 1;
  }
  return at > offset && /^[^\s"'<>.,;:!)\]]/.test(text.slice(at, at + 1)) && !/^https?:/i.test(text.slice(at, at + 6));
}

/** The index of the tag that ends the block in which the one at `from` is an alternative. */
function endOfBlock(chunks: readonly LiquidChunk[], from: number): number {
  let depth = 0;
  for (let index = from + 1; index < chunks.length; index++) {
    const { tag = '' } = chunks[index]!;
    if (OPENING.has(tag)) depth += 1;
    else if (tag.startsWith('end') && depth-- === 0) return index;
  }
  return -1;
}
