import { AsyncLocalStorage } from 'node:async_hooks';
import { query, type Transaction } from '../database.js';
import type { ChangeDetail } from './audit-entry.entity.js';

/** A change that is being made at somebody's request. */
export interface Change {
  apiKeyId: string | null;
  action: string;
  target: Readonly<Record<string, string>>;
}

interface PendingChange extends Change {
  detail: ChangeDetail;
  /** Whether a transaction carries it, or has. */
  isCarried: boolean;
}

const changes = new AsyncLocalStorage<PendingChange>();
let underWay = 0;

/**
 * Does some work on behalf of a change, which is written with the first transaction of the work. What goes on after it, in
 * loops that it has started, is not its doing.
 */
export async function asChange<T>(change: Change, work: () => Promise<T>): Promise<T> {
  const pending = { ...change, detail: {}, isCarried: false };
  underWay += 1;
  try {
    return await changes.run(pending, work);
  } finally {
    pending.isCarried = true;
    underWay -= 1;
    // As long as it follows anything, every promise of the process costs more: clicks, events and decisions too.
    if (underWay === 0) changes.disable();
  }
}

/** Says more about the change under way, if there is one. Never anything about a person. */
export function noteChange(detail: ChangeDetail): void {
  const change = changes.getStore();
  if (change) Object.assign(change.detail, detail);
}

/** Does the work of a transaction and writes down the change that it is about, unless another transaction has. */
export async function carryChange<T>(tx: Transaction, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const change = changes.getStore();
  if (!change || change.isCarried) return work(tx);
  change.isCarried = true;
  try {
    const result = await work(tx);
    await writeChange(tx, change, change.detail);
    return result;
  } catch (error) {
    change.isCarried = false;
    throw error;
  }
}

/** Writes the change under way if no transaction has: work that needed none of its own. */
export async function writeUncarried(tx: Transaction): Promise<void> {
  const change = changes.getStore();
  if (!change || change.isCarried) return;
  change.isCarried = true;
  await writeChange(tx, change, change.detail);
}

/** For what the service does by itself. */
export async function writeChange(tx: Transaction, change: Change, detail: ChangeDetail = {}): Promise<void> {
  await query(
    tx,
    `INSERT INTO audit_log (at, api_key_id, action, target, detail) VALUES (turnout_now(), $1, $2, $3, $4)`,
    [change.apiKeyId, change.action, JSON.stringify(change.target), JSON.stringify(detail)],
  );
}
