/** Texts in which `*` stands for any run of characters, none included. */

/** Without regular expressions, so that no pattern can be slow: each literal piece is looked for once, left to right. */
export function globMatches(glob: string, text: string): boolean {
  const [first, ...rest] = glob.split('*') as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return text === glob;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

/** How many characters of a glob must stand in the text as they are. */
export function literalLength(glob: string): number {
  return glob.length - (glob.split('*').length - 1);
}

/**
 * A text that both globs match, or undefined if there is none. Exact: every pair of places in the two is looked at once, so
 * the cost is the product of their lengths.
 */
export function textOfBoth(a: string, b: string): string | undefined {
  const width = b.length + 1;
  const end = a.length * width + b.length;
  /** For each pair of places the pair before it, plus one; 0 where it was not reached. */
  const cameFrom = new Int32Array(end + 1);
  const open = [0];
  const go = (from: number, to: number): void => {
    if (to === 0 || cameFrom[to] !== 0) return;
    cameFrom[to] = from + 1;
    open.push(to);
  };
  for (let pair = open.pop(); pair !== undefined && pair !== end; pair = open.pop()) {
    const x = a[Math.floor(pair / width)];
    const y = b[pair % width];
    // Past a star, over a character that the other's star allows, or over one that both have.
    if (x !== undefined && (x === '*' || y === '*')) go(pair, pair + width);
    if (y !== undefined && (x === '*' || y === '*')) go(pair, pair + 1);
    if (x !== undefined && x === y) go(pair, pair + width + 1);
  }
  return end === 0 || cameFrom[end] !== 0 ? textTo(end, cameFrom, a, b) : undefined;
}

function textTo(end: number, cameFrom: Int32Array, a: string, b: string): string {
  const width = b.length + 1;
  let text = '';
  for (let to = end; to !== 0; to = cameFrom[to]! - 1) {
    const from = cameFrom[to]! - 1;
    const isOverA = Math.floor(to / width) > Math.floor(from / width);
    const passed = isOverA ? a[Math.floor(from / width)]! : b[from % width]!;
    if (passed !== '*') text = passed + text;
  }
  return text;
}
