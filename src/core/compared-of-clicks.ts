/** The properties by which a rule finds out what followed a click: a click without them is followed by nothing. Each once. */
export function comparedOfClicks(rule: unknown): string[] {
  const found = new Set<string>();
  collect(rule, found);
  return [...found];
}

function collect(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) for (const one of node) collect(one, found);
  if (typeof node !== 'object' || node === null) return;
  const { performed, followedBy, notFollowedBy } = node as Record<string, { same?: string[] } | undefined>;
  if ((performed as unknown) === 'click') {
    for (const step of [followedBy, notFollowedBy]) for (const path of step?.same ?? []) found.add(path);
  }
  for (const value of Object.values(node)) collect(value, found);
}
