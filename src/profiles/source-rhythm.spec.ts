import {
  addLags,
  HOUR,
  hourOf,
  lagClass,
  lateFrom,
  NO_LAGS,
  silencesBetween,
  usualLag,
  usualSilence,
} from './source-rhythm.js';

const MINUTE = 60_000;
const WEEK = 168 * HOUR;
const TUESDAY_AT_TEN = Date.UTC(2026, 5, 2, 10);

describe('silencesBetween', () => {
  it('keeps the longest silence of those that began in an hour', () => {
    const at = TUESDAY_AT_TEN;
    const events = [at + 5 * MINUTE, at + 20 * MINUTE, at + 50 * MINUTE, at + 3 * HOUR];
    expect(silencesBetween(at, events)).toEqual({
      newest: at + 3 * HOUR,
      silences: [{ hour: at, length: 130 * MINUTE }],
    });
  });

  it('takes events before the newest known one for late, not for a silence', () => {
    expect(silencesBetween(TUESDAY_AT_TEN, [TUESDAY_AT_TEN - HOUR, TUESDAY_AT_TEN])).toEqual({
      newest: TUESDAY_AT_TEN,
      silences: [],
    });
  });
});

describe('usualSilence', () => {
  const before = (weeks: number, minutes: number, hours = 0) => ({
    hour: TUESDAY_AT_TEN - weeks * WEEK + hours * HOUR,
    length: minutes * MINUTE,
  });

  it('is the second longest of the weeks before, so that one outage does not become usual', () => {
    const past = [before(1, 12), before(2, 600), before(3, 15), before(4, 9)];
    expect(usualSilence(past, TUESDAY_AT_TEN + 59 * MINUTE)).toBe(15 * MINUTE);
  });

  it('takes for each week the longest of the hour and those beside it, which also bridges a change of clocks', () => {
    const past = [before(1, 12), before(1, 40, 1), before(2, 30, -1), before(2, 7), before(3, 5)];
    expect(usualSilence(past, TUESDAY_AT_TEN)).toBe(30 * MINUTE);
  });

  it('does not look two hours beside, at this week, or further back than eight', () => {
    const past = [before(1, 60, 2), before(2, 60, -2), before(0, 60), before(9, 60), before(1, 1), before(2, 1)];
    expect(usualSilence([...past, before(3, 1)], TUESDAY_AT_TEN)).toBe(MINUTE);
  });

  it('of an hour at which the source was hardly heard of is that of its weeks', () => {
    const past = [before(1, 700, 11), before(2, 800, 12), before(3, 900, 13), before(1, 5)];
    expect(usualSilence(past, TUESDAY_AT_TEN)).toBe(800 * MINUTE);
  });

  it('is not known before three weeks are', () => {
    expect(usualSilence([before(1, 10), before(2, 10), before(2, 12, 1)], TUESDAY_AT_TEN)).toBeNull();
    expect(usualSilence([], TUESDAY_AT_TEN)).toBeNull();
  });
});

describe('lateFrom', () => {
  it('is twice the usual silence and the usual lag after the newest event', () => {
    expect(lateFrom(1_000, { silence: HOUR, lag: 2_000 }, 24 * HOUR)).toBe(1_000 + 2 * HOUR + 2_000);
  });

  it('is never within ten minutes, and the limit where nothing is usual yet', () => {
    expect(lateFrom(0, { silence: 1_000, lag: 0 }, 24 * HOUR)).toBe(10 * MINUTE);
    expect(lateFrom(0, { silence: null, lag: HOUR }, 24 * HOUR)).toBe(24 * HOUR);
  });
});

describe('usualLag', () => {
  const counts = (...lags: number[]) => {
    const found = [...NO_LAGS];
    for (const lag of lags) found[lagClass(lag)]! += 1;
    return found;
  };

  it('lies in the class of the median', () => {
    expect(usualLag(NO_LAGS)).toBeNull();
    expect(usualLag(counts(3_000, 4_000, 4_500, 80_000_000))).toBeGreaterThan(2_000);
    expect(usualLag(counts(3_000, 4_000, 4_500, 80_000_000))).toBeLessThanOrEqual(5_000);
    expect(usualLag(counts(10 * 24 * HOUR))).toBe(72 * HOUR);
  });

  it('follows a change within days, and one bad hour changes little', () => {
    const before = counts(...Array<number>(100).fill(1_500));
    expect(usualLag(addLags(before, counts(...Array<number>(40).fill(HOUR)), 0))).toBeLessThanOrEqual(2_000);
    expect(usualLag(addLags(before, counts(...Array<number>(40).fill(HOUR)), 6 * 24 * HOUR))).toBeGreaterThan(
      1_800_000,
    );
  });
});

it('an hour begins at its first millisecond', () => {
  expect([TUESDAY_AT_TEN - 1, TUESDAY_AT_TEN, TUESDAY_AT_TEN + 1].map(hourOf)).toEqual([
    TUESDAY_AT_TEN - HOUR,
    TUESDAY_AT_TEN,
    TUESDAY_AT_TEN,
  ]);
});
