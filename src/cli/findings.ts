import type { CommandIo } from './command.js';

/** What a look at a destination found, as the service tells it. */
export interface Finding {
  kind: 'right' | 'wrong' | 'note';
  about: string;
  says: string;
  mend?: string;
  settings?: Record<string, string>;
}

const MARKS = { right: 'ok   ', wrong: 'WRONG', note: 'note ' };

/** One line each, and how to mend it below. */
export function tellFindings(findings: readonly Finding[], io: CommandIo): void {
  for (const { kind, about, says, mend } of findings) {
    io.out(`${MARKS[kind]} ${about}: ${says}\n`);
    if (mend !== undefined) io.out(`      → ${mend}\n`);
  }
}

export function areRight(findings: readonly Finding[]): boolean {
  return !findings.some((one) => one.kind === 'wrong');
}
