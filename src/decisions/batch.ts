import { jsonPointer, Problem, type ProblemEntry } from '../platform/problem.js';
import { questionFrom, type Asked, type Question } from './question.js';

const MOST = 1_000;

/** Reads many questions about one branch point. Throws a 400 problem that lists every problem of every entry. */
export function batchFrom(body: unknown, asked: Asked): Question[] {
  const { profiles, ...others } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const problems: ProblemEntry[] = Object.keys(others).map((name) => ({
    pointer: jsonPointer(name),
    detail: `"${name}" is not known here`,
    expected: 'only "profiles"',
  }));
  if (!Array.isArray(profiles) || profiles.length === 0 || profiles.length > MOST) {
    const expected = `1 to ${MOST} entries such as {"identifiers": {"customer_id": "42"}}`;
    problems.push({ pointer: '/profiles', detail: 'not a list of profiles, or too long a one', expected });
    throw Problem.badRequest('The request is not right.', problems);
  }
  const questions = profiles.flatMap((entry: unknown, index) => {
    try {
      const requestKey = asked.requestKey && `${asked.requestKey}#${index}`;
      return [questionFrom(entry, { ...asked, requestKey }, `/profiles/${index}`)];
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(...error.errors);
      return [];
    }
  });
  if (problems.length > 0) throw Problem.badRequest('The request is not right.', problems);
  return questions;
}
