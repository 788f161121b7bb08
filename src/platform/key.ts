import { Problem } from './problem.js';

/** What people may choose as a key. */
export const KEY = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** A key that people choose for what they declare, checked; throws a 400 problem that says what would be right. */
export function checkedKey(key: string): string {
  if (KEY.test(key)) return key;
  throw Problem.badRequest('The key in the path is not usable.', [
    {
      pointer: '',
      detail: 'a key starts with a letter or digit and holds at most 100 of a-z, 0-9, ".", "_" and "-"',
      expected: 'a key such as "replenish-clickers"',
    },
  ]);
}
