/**
 * The form of a value, whatever its words: with the separator `_`, both `sale_2026` and `big_summer_sale_2027` are
 * `words_9999`. Words joined by something else are told apart (`words(-)`), and so is upper case (`WORDS`, `Words`).
 */
export function shapeOfValue(value: string, separator: string): string {
  const shape: string[] = [];
  const pieces = value.match(/\d+|\p{L}+|[^\d\p{L}]+/gu) ?? [];
  for (let index = 0; index < pieces.length; index++) {
    const piece = pieces[index]!;
    if (/^\d/.test(piece)) shape.push('9'.repeat(Math.min(piece.length, 8)));
    else if (!/^\p{L}/u.test(piece)) shape.push(piece);
    else {
      const kind = kindOf(piece);
      const between = pieces[index + 1];
      let joined = 0;
      while (isOfKind(pieces[index + 2], kind) && pieces[index + 1] === between) {
        joined += 1;
        index += 2;
      }
      shape.push(joined === 0 || between === separator ? kind : `${kind}(${between})`);
    }
  }
  const whole = shape.join('');
  return whole.length > 80 ? `${whole.slice(0, 79)}…` : whole;
}

function isOfKind(piece: string | undefined, kind: string): boolean {
  return piece !== undefined && /^\p{L}/u.test(piece) && kindOf(piece) === kind;
}

function kindOf(word: string): string {
  if (word === word.toLowerCase()) return 'words';
  if (word === word.toUpperCase()) return 'WORDS';
  return word.slice(1) === word.slice(1).toLowerCase() ? 'Words' : 'wOrds';
}
