import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
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

/** For how long an input that was kept is taken to be there without being kept again, in ms; once more at the most. */
export const KEPT_AGAIN_AFTER_MS: Milliseconds = 86_400_000 / 2;

/** What decisions rest on besides events, each content kept once. */
@Injectable()
export class InputStore {
  /** By digest, when it was last kept from here. */
  private readonly kept = new Map<string, Instant>();

  /**
   * Keeps inputs of decisions that are asked at an instant. What it returns is to be called once the transaction has
   * committed.
   */
  async keep(tx: Transaction, inputs: readonly Input[], at: Instant): Promise<() => void> {
    const isMissing = ({ digest }: Input) => at >= (this.kept.get(digest) ?? -Infinity) + KEPT_AGAIN_AFTER_MS;
    const missing = new Map(inputs.filter(isMissing).map((one) => [one.digest, one]));
    if (missing.size === 0) return () => undefined;
    const ordered = [...missing.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    await query(
      tx,
      `INSERT INTO decision_inputs AS known (digest, content, kept_at)
       SELECT *, turnout_now() FROM unnest($1::text[], $2::json[])
       ON CONFLICT (digest) DO UPDATE SET kept_at = excluded.kept_at
        WHERE known.kept_at <= excluded.kept_at - make_interval(secs => $3)`,
      [
        ordered.map((one) => one.digest),
        ordered.map((one) => JSON.stringify(one.content)),
        KEPT_AGAIN_AFTER_MS / 1_000,
      ],
    );
    return () => {
      for (const digest of missing.keys()) this.kept.set(digest, at);
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
