/** `unknown`: there is nothing yet to tell it by. */
export type LineState = 'ok' | 'warning' | 'failed' | 'unknown';

/** One thing that a set-up needs, how it is, what shows it, and what to do next. */
export interface ChecklistLine {
  /** Stays the same, whatever is said: `utm-drift`, `cta-cart`. */
  key: string;
  about: string;
  state: LineState;
  evidence: string;
  /** Null: nothing is to be done. */
  next: string | null;
}

type About = Pick<ChecklistLine, 'key' | 'about'>;

export function ok(about: About, evidence: string): ChecklistLine {
  return { ...about, state: 'ok', evidence, next: null };
}

export function not(
  state: Exclude<LineState, 'ok'>,
  about: About,
  { evidence, next }: { evidence: string; next: string },
): ChecklistLine {
  return { ...about, state, evidence, next };
}

const GRAVEST_FIRST: readonly LineState[] = ['failed', 'warning', 'unknown', 'ok'];

export function gravestOf(lines: readonly Pick<ChecklistLine, 'state'>[]): LineState {
  return GRAVEST_FIRST.find((state) => lines.some((line) => line.state === state)) ?? 'ok';
}

/** "3 links", "1 link". */
export function counted(count: number, what: string, many = `${what}s`): string {
  return `${count} ${count === 1 ? what : many}`;
}

/** The first few of some names, and how many more there are. */
export function listed(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A share as a whole percentage; never 0 % of something, nor 100 % of what is less. */
export function percent(part: number, of: number): string {
  const share = Math.round((part / of) * 100);
  return `${part > 0 && part < of ? Math.min(99, Math.max(1, share)) : share} %`;
}
