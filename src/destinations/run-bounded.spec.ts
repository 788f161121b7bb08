import { runBounded } from './run-bounded.js';

describe('bounded work', () => {
  it('does every item once, and never more at once than allowed', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await runBounded([5, 1, 4, 2, 3, 0], 2, async (item) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < item; turn++) await Promise.resolve();
      running--;
      done.push(item);
    });
    expect(most).toBe(2);
    expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('ends at once without items', async () => {
    await expect(runBounded([], 8, () => Promise.reject(new Error('called')))).resolves.toBeUndefined();
  });
});
