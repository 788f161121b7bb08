import { isTimeZone, longestInDays, periodOf, startOf, startOfDay } from './calendar.js';
import { dayNumber } from './date.js';
import { toIso } from './instant.js';

const dayStart = (zone: string, year: number, month: number, day: number): string =>
  toIso(startOfDay(zone, dayNumber(year, month, day)));

describe('the calendar', () => {
  it.each([
    ['UTC', 2026, 3, 29, '2026-03-29T00:00:00.000Z'],
    ['Europe/Berlin', 2026, 3, 29, '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', 2026, 3, 30, '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', 2026, 10, 26, '2026-10-25T23:00:00.000Z'],
    ['America/New_York', 2026, 11, 2, '2026-11-02T05:00:00.000Z'],
    ['Asia/Kolkata', 2026, 1, 1, '2025-12-31T18:30:00.000Z'],
    ['Australia/Lord_Howe', 2026, 4, 6, '2026-04-05T13:30:00.000Z'],
  ])('begins a day in %s: %i-%i-%i at %s', (zone, year, month, day, expected) => {
    expect(dayStart(zone, year, month, day)).toBe(expected);
  });

  it('begins a day without midnight when the clock leaps over it', () => {
    expect(dayStart('America/Sao_Paulo', 2018, 11, 4)).toBe('2018-11-04T03:00:00.000Z');
  });

  it('begins a day with two midnights at the first', () => {
    expect(dayStart('America/Havana', 2026, 11, 1)).toBe('2026-11-01T04:00:00.000Z');
  });

  it('begins a day that was left out with the next', () => {
    expect(dayStart('Pacific/Apia', 2011, 12, 30)).toBe(dayStart('Pacific/Apia', 2011, 12, 31));
    expect(dayStart('Pacific/Apia', 2011, 12, 31)).toBe('2011-12-30T10:00:00.000Z');
  });

  it.each([
    ['day', '2026-11-23T23:00:00.000Z', '2026-11-24T23:00:00.000Z'],
    ['week', '2026-11-22T23:00:00.000Z', '2026-11-29T23:00:00.000Z'],
    ['month', '2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z'],
    ['quarter', '2026-09-30T22:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['year', '2025-12-31T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
  ] as const)('knows the %s of an instant in Berlin', (unit, begins, ends) => {
    const period = periodOf(unit, 'Europe/Berlin', Date.parse('2026-11-24T09:00:00Z'));
    expect(toIso(startOf(unit, 'Europe/Berlin', period))).toBe(begins);
    expect(toIso(startOf(unit, 'Europe/Berlin', period + 1))).toBe(ends);
    expect(periodOf(unit, 'Europe/Berlin', Date.parse(begins))).toBe(period);
    expect(periodOf(unit, 'Europe/Berlin', Date.parse(begins) - 1)).toBe(period - 1);
  });

  it('goes on with a day that has begun where the clock is turned back over its midnight', () => {
    const day = dayNumber(2010, 11, 7);
    const periodAt = (at: string): number => periodOf('day', 'America/St_Johns', Date.parse(at));
    expect(periodAt('2010-11-07T02:29:59.999Z')).toBe(day - 1);
    expect(periodAt('2010-11-07T02:30:00.000Z')).toBe(day);
    expect(periodAt('2010-11-07T03:29:59.999Z')).toBe(day); // 23:59:59.999 of the day before, by the clock
  });

  it('bounds how long periods in a row last', () => {
    for (const unit of ['day', 'week', 'month', 'quarter', 'year'] as const) {
      for (let periods = 1; periods <= 14; periods++) {
        for (let first = periodOf(unit, 'UTC', 0); first < periodOf(unit, 'UTC', 0) + 60; first++) {
          const days = (startOf(unit, 'UTC', first + periods) - startOf(unit, 'UTC', first)) / 86_400_000;
          expect(days).toBeLessThanOrEqual(longestInDays(unit, periods));
        }
      }
    }
  });

  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Mars/Olympus', false],
    ['+01:00', false],
    ['', false],
    ['constructor', false],
    [7, false],
    [['UTC'], false],
    [undefined, false],
  ])('takes %j for a time zone: %s', (name, expected) => {
    expect(isTimeZone(name)).toBe(expected);
  });
});
