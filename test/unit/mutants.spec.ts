import { mutantsOf, mutated, type Mutant } from '../mutants/mutate.js';
import { scoreOf } from '../mutants/report.js';
import { sampleOf } from '../mutants/sample.js';
import type { Trial } from '../mutants/trial.js';

const FILE = 'src/core/snippet.ts';

/** What becomes of a text, one entry a mutant. */
function variants(text: string): string[] {
  return mutantsOf(FILE, text).map((mutant) => mutated(text, mutant));
}

function mutantOf(file: string, operator: string, line: number): Mutant {
  return { file, operator, line, before: '', after: '', start: 0, end: 0, replacement: '' };
}

describe('the mutants of a text', () => {
  it.each([
    ['a comparison', 'f(a < b);', ['f(a <= b);', 'f(a >= b);']],
    ['an equality', 'f(a === b);', ['f(a !== b);']],
    ['a sum', 'f(a + b);', ['f(a - b);']],
    ['counting', 'f(a++);', ['f(a--);']],
    ['and', 'f(a && b);', ['f(a || b);']],
    ['a fallback', 'f(a ?? b);', ['f(a);']],
    ['a boolean', 'f(true);', ['f(false);']],
    [
      'numbers',
      'f(0, 1, 1_000, 10n);',
      ['f(1, 1, 1_000, 10n);', 'f(0, 0, 1_000, 10n);', 'f(0, 1, 1001, 10n);', 'f(0, 1, 1_000, 11n);'],
    ],
    ['infinity', 'f(Infinity, -Infinity);', ['f(-Infinity, -Infinity);', 'f(Infinity, Infinity);']],
    ['a bound', 'f(Math.min(a, b));', ['f(Math.max(a, b));']],
    ['a truth', "f('pending');", ["f('insufficient');", "f('true');", "f('false');"]],
    ['a ternary', 'f(a ? b : c);', ['f(!(a) ? b : c);']],
    ['a negation', 'f(a ? !b : c);', ['f(!(a) ? !b : c);', 'f(a ? b : c);']],
    ['list methods', 'f(a.some(b), c.filter(d));', ['f(a.every(b), c.filter(d));', 'f(a.some(b), c);']],
  ])('make the mistakes that fit: %s', (_, text, expected) => {
    const call = (code: string): string => `const x = ${code}`;
    expect(variants(call(text))).toEqual(expected.map(call));
  });

  it('lose a statement, an early exit, or the direction of a condition', () => {
    expect(variants('function f() { if (a) return b; g(); return c; }')).toEqual([
      'function f() { if (!(a)) return b; g(); return c; }',
      'function f() { if (a) ; g(); return c; }',
      'function f() { if (a) return b; ; return c; }',
    ]);
  });

  it('leave alone what is no code, names, ordinary texts, and what is said to people', () => {
    const text = `
      import { a } from 'true';
      export type Truth = 'true' | 'false' | 0;
      interface Shape { size: 1 }
      const names = { 'true': a, expected: \`at most \${1 + 2}\`, word: 'hello' } as unknown as Record<'true', 1>;
      function sayCount(n: number) { return n === 1 ? 'once' : 'often'; }
      export const shape = { say: () => (a < 1 ? 'x' : 'y') };`;
    expect(variants(text)).toEqual([]);
  });

  it('are no two that compile to the same', () => {
    const texts = variants('let a = 1 as 1 | 2; if (!a) a = 0; for (;;) { if (a) { break; } a += 2; }');
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toContain('let a = 1 as 1 | 2; if (a) a = 0; for (;;) { if (a) { break; } a += 2; }');
  });

  it('change exactly their place, and say where that is', () => {
    const text = 'const a = 1;\nconst b =\n  a >= 0 &&\n  a <= 5;\n';
    const mutants = mutantsOf(FILE, text);
    expect(mutants.length).toBeGreaterThan(5);
    for (const mutant of mutants) {
      const changed = mutated(text, mutant);
      expect(changed.startsWith(text.slice(0, mutant.start) + mutant.replacement)).toBe(true);
      expect(changed.endsWith(text.slice(mutant.end))).toBe(true);
      expect(changed.length - text.length).toBe(mutant.replacement.length - (mutant.end - mutant.start));
    }
    expect(mutants.find(({ operator }) => operator === 'and/or')).toMatchObject({
      line: 3,
      before: 'a >= 0 &&',
      after: 'a >= 0 ||',
    });
  });
});

describe('a sample of mutants', () => {
  const mutants = ['a', 'b', 'c'].flatMap((file) =>
    ['number', 'truth'].flatMap((operator) =>
      Array.from({ length: 20 }, (_, line) => mutantOf(`${file}.ts`, operator, line)),
    ),
  );

  it('is the same for the same seed, and another for another', () => {
    expect(sampleOf(mutants, 30, 7)).toEqual(sampleOf(mutants, 30, 7));
    expect(sampleOf(mutants, 30, 7)).not.toEqual(sampleOf(mutants, 30, 8));
  });

  it('holds each at most once, and of every file and operator the same share', () => {
    const sample = sampleOf(mutants, 30, 7);
    expect(new Set(sample).size).toBe(30);
    const groups = sample.map(({ file, operator }) => `${file} ${operator}`);
    for (const group of new Set(groups)) expect(groups.filter((one) => one === group)).toHaveLength(5);
  });

  it('is everything if that is not more', () => {
    expect(sampleOf(mutants, 1_000, 7)).toEqual(mutants);
  });
});

describe('the score', () => {
  const trial = (outcome: Trial['outcome']): Trial => ({
    mutant: mutantOf(FILE, 'number', 1),
    outcome,
    stage: null,
    seconds: 1,
  });

  it('is the share of those that were caught or made the tests hang', () => {
    const trials = [trial('caught'), trial('caught'), trial('timeout'), trial('survived')];
    expect(scoreOf(trials)).toEqual({ planted: 4, caught: 3, explained: 0, score: 0.75 });
  });

  it('is 0 if nothing was planted', () => {
    expect(scoreOf([])).toEqual({ planted: 0, caught: 0, explained: 0, score: 0 });
  });
});
