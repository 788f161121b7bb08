import { jsonPointer, type ProblemEntry } from '../platform/problem.js';
import { compilePattern } from './compiled-pattern.js';
import type { CtaDefinition, CtaPattern, ParameterTest } from './cta-pattern.js';
import { MESSAGE_KINDS } from './message-context.js';
import { isTrackingParameter, parameterName } from './normalise-href.js';
import { tieOf, type SharedClick } from './pattern-overlap.js';
import type { Specificity } from './specificity.js';

const PARTS = ['host', 'path', 'query', 'tag', 'message'] as const;
const MOST_PARAMETERS = 20;
const LONGEST_VALUE = 500;

/** Everything that makes patterns useless by themselves, each with a pointer below `/patterns`. */
export function patternProblems(patterns: readonly CtaPattern[]): ProblemEntry[] {
  return patterns.flatMap((pattern, index) => {
    const at = (...path: string[]): string => jsonPointer('patterns', index, ...path);
    return [
      ...wholeProblems(pattern, at()),
      ...(pattern.path === undefined ? [] : pathProblems(pattern.path, at('path'))),
      ...queryProblems(pattern.query ?? {}, (name) => at('query', name), at('query')),
      ...messageProblems(pattern, at),
    ];
  });
}

function wholeProblems(pattern: CtaPattern, pointer: string): ProblemEntry[] {
  const isEmpty = PARTS.every((part) => {
    const value = pattern[part];
    return (
      value === undefined || (typeof value === 'object' && Object.values(value).every((inner) => inner === undefined))
    );
  });
  if (!isEmpty || pattern.link_id !== undefined) return [];
  return [
    { pointer, detail: 'the pattern would match every link', expected: PARTS.map((name) => `"${name}"`).join(', ') },
  ];
}

function pathProblems(path: string, pointer: string): ProblemEntry[] {
  const problem = (detail: string, expected: string): ProblemEntry[] => [{ pointer, detail, expected }];
  if (!/^[/*]/.test(path)) return problem('a path begins with a slash or a star', 'a path such as "/cart" or "*/cart"');
  if (/[?#]/.test(path)) return problem('parameters and fragments are no part of the path', 'parameters under "query"');
  if (/%(?![0-9a-f]{2})/i.test(path)) return problem('a "%" stands alone', 'two hexadecimal digits after each "%"');
  if (path.split(/[/\\]/).some((piece) => /^(\.|%2e){1,2}$/i.test(piece))) {
    return problem('"." and ".." are gone from links before they are compared', 'a path without them');
  }
  return [];
}

function queryProblems(query: Record<string, unknown>, at: (name: string) => string, pointer: string): ProblemEntry[] {
  const names = Object.keys(query);
  if (names.length > MOST_PARAMETERS) return [{ pointer, detail: `more than ${MOST_PARAMETERS} parameters` }];
  const problems = names.flatMap((name) => parameterProblems(name, query[name], at(name)));
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(parameterName(name));
    if (other !== undefined) {
      problems.push({ pointer: at(name), detail: `"${other}" is the same parameter`, expected: 'each parameter once' });
    }
    seen.set(parameterName(name), name);
  }
  return problems;
}

function parameterProblems(name: string, test: unknown, pointer: string): ProblemEntry[] {
  if (name === '') return [{ pointer, detail: 'a parameter has a name', expected: 'a name such as "utm_content"' }];
  if (isTrackingParameter(parameterName(name))) {
    const detail = `"${name}" tells clicks apart, not links, and is taken out of links before they are compared`;
    return [{ pointer, detail, expected: 'another parameter' }];
  }
  if (isParameterTest(test)) return [];
  const expected = `a text of at most ${LONGEST_VALUE} characters, {"startsWith": "…"} or {"exists": true}`;
  return [{ pointer, detail: 'this is no test of a parameter', expected }];
}

function isParameterTest(test: unknown): test is ParameterTest {
  if (typeof test === 'string') return test.length <= LONGEST_VALUE;
  if (typeof test !== 'object' || test === null || Object.keys(test).length !== 1) return false;
  const { startsWith, exists } = test as { startsWith?: unknown; exists?: unknown };
  if (typeof exists === 'boolean') return true;
  return typeof startsWith === 'string' && startsWith !== '' && startsWith.length <= LONGEST_VALUE;
}

function messageProblems(pattern: CtaPattern, at: (...path: string[]) => string): ProblemEntry[] {
  const message = pattern.message ?? {};
  const kinds = MESSAGE_KINDS.filter((name) => message[name] !== undefined);
  const problems: ProblemEntry[] = [];
  if (kinds.length > 1) {
    const detail = `no message has ${kinds.map((name) => `"${name}"`).join(' and ')}`;
    problems.push({ pointer: at('message'), detail, expected: 'one of them, in a pattern of its own each' });
  }
  const isPlaced = kinds.length > 0 || message.action_id !== undefined;
  if (pattern.link_id !== undefined && !isPlaced) {
    problems.push({
      pointer: at('link_id'),
      detail: 'every message counts its links from one, so that the number alone says nothing',
      expected: `a "message" beside it, with ${[...MESSAGE_KINDS, 'action_id'].map((name) => `"${name}"`).join(', ')}`,
    });
  }
  return problems;
}

/** Patterns of a CTA that tie with another's: both could match one link, and neither is the more specific. */
export function tieProblems(cta: CtaDefinition, others: readonly CtaDefinition[]): ProblemEntry[] {
  const bySpecificity = new Map<string, { cta: string; index: number; pattern: CtaPattern }[]>();
  for (const { key, patterns } of others) {
    patterns.forEach((pattern, index) => {
      const place = specificityKey(compilePattern(pattern).specificity);
      bySpecificity.set(place, [...(bySpecificity.get(place) ?? []), { cta: key, index, pattern }]);
    });
  }
  return cta.patterns.flatMap((pattern, index) => {
    const own = compilePattern(pattern);
    const rivals = bySpecificity.get(specificityKey(own.specificity)) ?? [];
    return rivals.flatMap((rival): ProblemEntry[] => {
      const shared = tieOf(own, compilePattern(rival.pattern));
      return shared ? [tieProblem(index, rival, shared)] : [];
    });
  });
}

function specificityKey(specificity: Specificity): string {
  return Object.values(specificity).join(' ');
}

function tieProblem(index: number, rival: { cta: string; index: number }, shared: SharedClick): ProblemEntry {
  const { url, ...context } = shared;
  const where = Object.entries(context).map(([name, value]) => ` with ${name} ${value}`);
  return {
    pointer: jsonPointer('patterns', index),
    detail:
      `a link such as ${url}${where.join('')} matches this pattern and pattern ${rival.index} of CTA "${rival.cta}", ` +
      'and neither is the more specific',
    expected: 'a pattern that asks for more (a parameter, a longer path, a host), or for less',
  };
}
