/**
 * What is not mutated, and why. Everything else in src/core is; a part that no test needs to pin belongs here with its
 * reason, a single mutant that changes nothing belongs into explained.ts.
 */

interface ExcludedFiles {
  path: RegExp;
  why: string;
}

interface ExcludedNames {
  /** Of a function, a variable, a method or a property; all that stands in its declaration is left alone. */
  name: RegExp;
  why: string;
}

export const EXCLUDED_FILES: readonly ExcludedFiles[] = [
  { path: /\.spec\.ts$/, why: 'a test' },
  { path: /^src\/core\/rule\.ts$/, why: 'types alone' },
  { path: /^src\/core\/words\.ts$/, why: 'how sentences quote and list values, for people' },
];

export const EXCLUDED_NAMES: readonly ExcludedNames[] = [
  { name: /^say([A-Z]|$)/, why: 'the English of a rule, for people: its wording may change freely' },
  { name: /^describe$/, why: 'a value as a problem quotes it, for people' },
  { name: /(^w|W)ords$|_WORDS$/, why: 'words of sentences, for people' },
  { name: /^(FEW_[A-Z]+|MOST_REMEMBERED)$/, why: 'when it pays to remember something: what is said stays the same' },
  { name: /^nearPeriodOf$/, why: 'a first guess, from which the right period is looked for: costs time alone' },
  { name: /^expected$/, why: 'what a problem says would be right, for people' },
];
