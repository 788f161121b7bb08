import { KeyCache } from './key-cache.js';

describe('the cache of keys', () => {
  let now = 0;
  let loads = 0;
  let cache: KeyCache<string>;

  beforeEach(() => {
    now = 0;
    loads = 0;
    cache = new KeyCache(5000, () => now);
  });

  const load = async () => `load ${(loads += 1)}`;

  it('answers from memory for exactly its time to live', async () => {
    await cache.get('a', load);
    now = 4999;
    expect(await cache.get('a', load)).toBe('load 1');
    now = 5000;
    expect(await cache.get('a', load)).toBe('load 2');
  });

  it('keeps keys apart', async () => {
    await cache.get('a', load);
    expect(await cache.get('b', load)).toBe('load 2');
  });

  it('remembers nothing that was not found', async () => {
    expect(await cache.get('a', async () => undefined)).toBeUndefined();
    expect(await cache.get('a', load)).toBe('load 1');
  });

  it('remembers no failure', async () => {
    await expect(cache.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await cache.get('a', load)).toBe('load 1');
  });

  it('loads once for all who ask at the same time', async () => {
    expect(await Promise.all([cache.get('a', load), cache.get('a', load)])).toEqual(['load 1', 'load 1']);
  });
});
