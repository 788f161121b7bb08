import { firstUlidAt, ulid } from './ulid.js';

const AT = Date.parse('2026-11-24T10:00:00.123Z');

describe('a ULID', () => {
  it('is 26 digits of base 32, never the same, in the order of time', () => {
    const made = Array.from({ length: 1_000 }, () => ulid(AT));
    expect(made.every((one) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(one))).toBe(true);
    expect(new Set(made).size).toBe(made.length);
    expect(made.every((one) => one >= firstUlidAt(AT) && one < firstUlidAt(AT + 1))).toBe(true);
  });

  it('has the time in its first ten digits', () => {
    expect(firstUlidAt(1)).toBe(`${'0'.repeat(9)}1${'0'.repeat(16)}`);
    expect(firstUlidAt(32 * 32 + 31)).toBe(`${'0'.repeat(7)}10Z${'0'.repeat(16)}`);
    expect(firstUlidAt(-5)).toBe('0'.repeat(26));
  });

  it('has random digits in every other place', () => {
    const made = Array.from({ length: 1_000 }, () => ulid(AT));
    for (let place = 10; place < 26; place++) expect(new Set(made.map((one) => one[place])).size).toBe(32);
  });
});
