import fc from 'fast-check';
import { parsePattern, patternExample, patternMatches, patternOf, patternRegex } from './slot-pattern.js';

const matches = (pattern: string, text: string, separator = '_') => patternMatches(patternOf(pattern), text, separator);

describe('the form of a value', () => {
  it.each([
    ['{words}', 'summer_sale', true],
    ['{words}', 'summer', true],
    ['{words}', 'summer__sale', false],
    ['{words}', '_summer', false],
    ['{words}', 'summer_', false],
    ['{words}', 'summer-sale', false],
    ['{word}', 'summer_sale', false],
    ['{quarter}_{words}', 'q3_summer_sale', true],
    ['{quarter}_{words}', 'q5_summer_sale', false],
    ['{words}_{year}', 'summer_sale_2026', true],
    ['{words}_{year}', 'summer_sale_1999', false],
    ['{words}_{year}', 'summer_sale', false],
    ['{year}{month}{day}-{any}', '20260731-x y', true],
    ['{year}{month}{day}-{any}', '20261331-x y', false],
    ['{number}', '007', true],
    ['{number:4}', '12345', false],
    ['{number:4}', '1234', true],
    ['{welcome|cart|win_back}_{number:2}', 'win_back_07', true],
    ['{welcome|cart|win_back}_{number:2}', 'winback_07', false],
    ['{any}', '', false],
    ['{words}{words}', 'ab', true],
    ['{words}{words}', 'a', false],
  ])('%s of %s: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('is told whatever the case, and with another separator', () => {
    expect(matches('Q{number}_{words}', 'q1_SALE')).toBe(true);
    expect(matches('{words}', 'summer-sale', '-')).toBe(true);
  });

  it.each(['', 'a*', '{sale', '{nothing}', '{number:0}', '{word:3}', '{a||b}', 'ä', '{a|b*}', 'x'.repeat(201)])(
    'that is written %j is refused',
    (pattern) => {
      expect(parsePattern(pattern)).toHaveProperty('problem');
    },
  );

  const piece = fc.constantFrom(
    ...[
      '{word}',
      '{words}',
      '{number}',
      '{number:2}',
      '{year}',
      '{month}',
      '{day}',
      '{quarter}',
      '{any}',
      '{a|ab|b_1}',
      '_',
      '-',
      'a',
      '1',
    ],
  );
  const patterns = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const texts = fc
    .array(fc.constantFrom('a', 'b', '1', '2', '0', '_', '-', 'q1', '2026', 'ab', '.', '12'), { maxLength: 9 })
    .map((parts) => parts.join(''));

  it('means what its regular expression means', () => {
    fc.assert(
      fc.property(patterns, fc.constantFrom('_', '-', '.'), texts, (source, separator, text) => {
        const pattern = patternOf(source);
        const regex = new RegExp(patternRegex(pattern, separator), 'i');
        expect(patternMatches(pattern, text, separator)).toBe(regex.test(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('has an example that is of it', () => {
    fc.assert(
      fc.property(patterns, (source) => patternMatches(patternOf(source), patternExample(patternOf(source), '_'), '_')),
    );
  });

  it('is told in time that grows with the lengths, whatever it is', () => {
    const started = performance.now();
    expect(matches('{words}'.repeat(28), `${'a_'.repeat(250)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
