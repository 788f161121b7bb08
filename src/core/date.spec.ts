import { instantOf, parseDay, parseInstant } from './date.js';

describe('an instant', () => {
  it.each([
    ['2026-11-24T09:30:00Z', '2026-11-24T09:30:00.000Z'],
    ['2026-11-24T09:30Z', '2026-11-24T09:30:00.000Z'],
    ['2026-11-24T09:30:05.1234567Z', '2026-11-24T09:30:05.123Z'],
    ['2026-11-24T09:30:05.9Z', '2026-11-24T09:30:05.900Z'],
    ['2026-11-24T00:30:00+01:30', '2026-11-23T23:00:00.000Z'],
    ['2026-11-24T23:30:00-01:00', '2026-11-25T00:30:00.000Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ])('is read from %s', (text, expected) => {
    expect(new Date(parseInstant(text)!).toISOString()).toBe(expected);
  });

  it.each([
    '2026-11-24',
    '2026-11-24T09:30:00',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T09:60:00Z',
    '2026-11-24T09:30:60Z',
    '2026-11-24T09:30:00+24:00',
    '2026-11-24T09:30:00+01:60',
    '2026-11-24 09:30:00Z',
    'now',
    '',
  ])('is not read from %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('a date among properties', () => {
  it.each([
    ['2026-11-24', Date.UTC(2026, 10, 24)],
    ['2026-11-24T01:00:00+01:00', Date.UTC(2026, 10, 24)],
    [1_700_000_000, 1_700_000_000_000],
    [1_700_000_000.9999, 1_700_000_000_999],
    [1_700_000_000_000, 1_700_000_000_000],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    [-1, -1_000],
    [0, 0],
    ['1700000000', undefined],
    [1e21, undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [undefined, undefined],
    [true, undefined],
  ])('%j is %s', (value, expected) => {
    expect(instantOf(value)).toBe(expected);
  });

  it('has only days that there are', () => {
    expect(parseDay('2026-02-28')).toBe(Date.UTC(2026, 1, 28) / 86_400_000);
    expect([parseDay('2026-02-29'), parseDay('2026-00-10'), parseDay('2026-1-1')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
