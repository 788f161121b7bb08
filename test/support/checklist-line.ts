import type { ChecklistLine } from '../../src/checklist/checklist-line.js';

/** What is not right says what to do; what is right leaves nothing to do. */
export function expectLine(
  line: ChecklistLine,
  state: ChecklistLine['state'],
  evidence: RegExp,
  next: RegExp = /./,
): void {
  expect([line.state, line.evidence]).toEqual([state, expect.stringMatching(evidence)]);
  if (state === 'ok') expect(line.next).toBeNull();
  else expect(line.next).toMatch(next);
}
