const MOST_NAMED = 20;

/** A value as a sentence names it: `"cart"`, `7`, `null`. */
export function sayValue(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

/** `"a", "b" or "c"`; of very many the first are named. */
export function sayList(values: readonly unknown[], word: 'or' | 'nor' | 'and'): string {
  const named = values.slice(0, MOST_NAMED).map(sayValue);
  const more = values.length - named.length;
  if (more > 0) named.push(`${more} more`);
  const last = named.pop()!;
  return named.length === 0 ? last : `${named.join(', ')} ${word} ${last}`;
}
