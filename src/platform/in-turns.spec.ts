import { inTurns } from './in-turns.js';

const busy = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('work in turns', () => {
  it('makes something of each item, in their order', async () => {
    expect(await inTurns([3, 1, 2], (n) => n * 2)).toEqual([6, 2, 4]);
    expect(await inTurns([], (n) => n)).toEqual([]);
  });

  it('lets others have their turn before it is done', async () => {
    const done: number[] = [];
    let seen = -1;
    setImmediate(() => (seen = done.length));
    await inTurns([1, 2, 3, 4, 5, 6, 7, 8], (n) => {
      busy(2);
      done.push(n);
    });
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(8);
  });

  it('ends with the first error', async () => {
    const seen: number[] = [];
    const work = (n: number): void => {
      seen.push(n);
      if (n === 2) throw new Error('two');
    };
    await expect(inTurns([1, 2, 3], work)).rejects.toThrow('two');
    expect(seen).toEqual([1, 2]);
  });
});
