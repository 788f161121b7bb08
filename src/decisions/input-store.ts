import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';

/** Something that decisions rest on, under the digest of its content. */
export interface Input<T = unknown> {
  digest: string;
  content: T;
}

const digests = new WeakMap<object, string>();

/** Content that never changes, with its digest; worked out once for each object. */
export function inputOf<T extends object>(content: T): Input<T> {
  let digest = digests.get(content);
  if (digest === undefined) {
    digest = createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22);
    digests.set(content, digest);
  }
  return { digest, content };
}

/** What decisions rest on besides events, each content kept once. */
@Injectable()
export class InputStore {
  /** Digests of what is known to be kept. */
  private readonly kept = new Set<string>();

  /** Keeps inputs. What it returns is to be called once the transaction has committed. */
  async keep(tx: Transaction, inputs: readonly Input[]): Promise<() => void> {
    const missing = new Map(inputs.filter(({ digest }) => !this.kept.has(digest)).map((one) => [one.digest, one]));
    if (missing.size === 0) return () => undefined;
    const ordered = [...missing.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    await query(
      tx,
      `INSERT INTO decision_inputs (digest, content) SELECT * FROM unnest($1::text[], $2::json[]) ON CONFLICT DO NOTHING`,
      [ordered.map((one) => one.digest), ordered.map((one) => JSON.stringify(one.content))],
    );
    return () => {
      for (const digest of missing.keys()) this.kept.add(digest);
    };
  }

  /** By digest; what was never kept is missing. */
  async find(tx: Transaction, digests: readonly string[]): Promise<Map<string, unknown>> {
    const rows = await query<Input>(tx, 'SELECT digest, content FROM decision_inputs WHERE digest = ANY($1::text[])', [
      digests,
    ]);
    return new Map(rows.map((row) => [row.digest, row.content]));
  }
}
