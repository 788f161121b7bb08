import { jest } from '@jest/globals';
import { Seldom } from './seldom.js';

describe('what is said seldom', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is said at once, then once in its time, with how often it was left unsaid', () => {
    const said: number[] = [];
    const saying = new Seldom(1_000);
    const outcomes = [0, 1, 998, 1, 999, 1].map((ms) => {
      jest.advanceTimersByTime(ms);
      return saying.say((unsaid) => said.push(unsaid));
    });
    expect(outcomes).toEqual([true, false, false, true, false, true]);
    expect(said).toEqual([0, 2, 1]);
  });
});
