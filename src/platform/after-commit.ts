import type { Transaction } from './database.js';

const waiting = new WeakMap<Transaction, (() => void)[]>();

/** Has something done once a transaction is committed, and never where it is not: counting, for instance. */
export function afterCommit(tx: Transaction, done: () => void): void {
  const known = waiting.get(tx);
  if (known) known.push(done);
  else waiting.set(tx, [done]);
}

/** Runs a transaction by `begin`, and then what waited for its commit. */
export async function withAfterCommit<T>(
  begin: (work: (tx: Transaction) => Promise<T>) => Promise<T>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  let committed: Transaction | undefined;
  const result = await begin((tx) => {
    committed = tx;
    return work(tx);
  });
  for (const done of (committed && waiting.get(committed)) ?? []) done();
  return result;
}
