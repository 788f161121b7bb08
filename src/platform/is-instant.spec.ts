import 'reflect-metadata';
import { validateSync } from 'class-validator';
import { IsInstant } from './is-instant.js';

class Asked {
  @IsInstant()
  at: unknown;
}

function problemsOf(at: unknown): string[] {
  const asked = Object.assign(new Asked(), { at });
  return validateSync(asked).flatMap((error) => Object.values(error.constraints ?? {}));
}

describe('an instant in a request', () => {
  it.each([
    '2026-07-01',
    '2026-07-01T09:30Z',
    '2026-07-01T09:30:00Z',
    '2026-07-01T09:30:00.123+02:00',
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '2028-02-29T00:00:00Z',
  ])('may be %s, which Date.parse reads', (at) => {
    expect(problemsOf(at)).toEqual([]);
    expect(new Date(at).toISOString()).toMatch(/^\d{4}-/);
  });

  it.each([
    ['a week', '2026-W01-1'],
    ['a day of the year', '2026-001'],
    ['a year', '2026'],
    ['a month', '2026-07'],
    ['the short form', '20260701'],
    ['the short form with a time', '20260701T093000Z'],
    ['without an offset', '2026-07-01T09:30:00'],
    ['with a space', '2026-07-01 09:30:00Z'],
    ['with a plus that became a space', '2026-07-01T09:30:00 02:00'],
    ['a day that is none', '2026-02-30'],
    ['an hour that is none', '2026-07-01T25:00:00Z'],
    ['a leap second', '2026-06-30T23:59:60Z'],
    ['a number', 1_782_000_000_000],
    ['nothing', ''],
  ])('can not be %s', (_case, at) => {
    expect(problemsOf(at)).toEqual([
      'at must be an instant such as "2026-07-01T09:30:00Z", or a day such as "2026-07-01"',
    ]);
  });
});
