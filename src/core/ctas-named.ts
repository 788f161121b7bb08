/** The CTAs that a rule, or anything in which rules stand, names by its key; each once. */
export function ctasNamed(value: unknown): string[] {
  const found = new Set<string>();
  collect(value, found);
  return [...found];
}

function collect(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) for (const one of node) collect(one, found);
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'where' && typeof value === 'object' && value !== null) {
      for (const key of keysIn((value as { cta?: unknown }).cta)) found.add(key);
    } else collect(value, found);
  }
}

/** A bare value, or operators; of these only some name whole keys. */
function keysIn(test: unknown): string[] {
  if (typeof test === 'string') return [test];
  if (typeof test !== 'object' || test === null) return [];
  const { equals, not, in: among, notIn } = test as Record<string, unknown>;
  return [equals, not, among, notIn].flat().filter((one) => typeof one === 'string');
}
