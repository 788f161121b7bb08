import { createHash, randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { query, type Transaction } from '../database.js';
import type { Scope } from './access.js';
import { KeyCache } from './key-cache.js';

/** How long a key that was revoked elsewhere may still be taken here, in milliseconds. */
const CACHE_MS = 5000;

const KEY = /^tk_[A-Za-z0-9_-]{43}$/;
const PREFIX_LENGTH = 'tk_'.length + 6;

/** What is shown of a key; dates in JSON are ISO 8601. */
export interface ApiKeyView {
  id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  createdAt: Date;
  lastUsedAt: Date | null;
  /** From then on it is refused; null: never. */
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** What a new key is made of; one without an end lasts until it is revoked. */
export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  expiresInMs?: number | undefined;
}

export interface VerifiedKey {
  id: string;
  name: string;
  scopes: Scope[];
}

const IS_GOOD = `revoked_at IS NULL AND (expires_at IS NULL OR expires_at > turnout_now())`;

const VIEW = `id, name, prefix, scopes, created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt"`;

/** The keys of the API. A key is shown once, when it is made; what is kept of it is a digest. */
export class ApiKeyStore {
  private readonly cache: KeyCache<VerifiedKey>;

  /** `now` is any clock in milliseconds that never goes back; the cache goes by it. */
  constructor(
    private readonly dataSource: DataSource,
    now: () => number = () => performance.now(),
  ) {
    this.cache = new KeyCache(CACHE_MS, now);
  }

  async create(tx: Transaction, { name, scopes, expiresInMs }: NewKey): Promise<ApiKeyView & { key: string }> {
    const key = `tk_${randomBytes(32).toString('base64url')}`;
    const [view] = await query<ApiKeyView>(
      tx,
      `INSERT INTO api_keys (id, name, key_digest, prefix, scopes, created_at, expires_at)
       VALUES (gen_random_uuid(), $1, $2, $3, $4, turnout_now(), turnout_now() + $5 * interval '1 millisecond')
       RETURNING ${VIEW}`,
      [name, digestOf(key), key.slice(0, PREFIX_LENGTH), scopes, expiresInMs ?? null],
    );
    return { ...view!, key };
  }

  /** The key's id and scopes; undefined for a key that is unknown, revoked or expired (up to {@link CACHE_MS} ago). */
  async verify(key: string): Promise<VerifiedKey | undefined> {
    if (!KEY.test(key)) return undefined;
    const digest = digestOf(key);
    return this.cache.get(digest.toString('base64'), () => this.use(digest));
  }

  /** All keys, revoked ones too, newest first. */
  async list(tx: Transaction): Promise<ApiKeyView[]> {
    return query<ApiKeyView>(tx, `SELECT ${VIEW} FROM api_keys ORDER BY created_at DESC, id`);
  }

  /** Answers whether there is such a key; revoking it again changes nothing. */
  async revoke(tx: Transaction, id: string): Promise<boolean> {
    const rows = await query(
      tx,
      // Compared as text: what is no UUID is simply not found.
      'UPDATE api_keys SET revoked_at = coalesce(revoked_at, turnout_now()) WHERE id::text = $1 RETURNING id',
      [id.toLowerCase()],
    );
    return rows.length > 0;
  }

  /**
   * Makes a key that takes the place of another, which goes on being good for `graceMs`: nobody need be without one. Answers
   * undefined where there is no such key, or it is good no more.
   */
  async rotate(tx: Transaction, id: string, graceMs: number): Promise<(ApiKeyView & { key: string }) | undefined> {
    const [old] = await query<Pick<ApiKeyView, 'name' | 'scopes'>>(
      tx,
      `UPDATE api_keys SET expires_at = least(expires_at, turnout_now() + $2 * interval '1 millisecond')
        WHERE id::text = $1 AND ${IS_GOOD} RETURNING name, scopes`,
      [id.toLowerCase(), graceMs],
    );
    return old && this.create(tx, old);
  }

  /** `last_used_at` is exact to a minute, so that a busy key is not a busy row. */
  private async use(digest: Buffer): Promise<VerifiedKey | undefined> {
    const [found] = await query<VerifiedKey>(
      this.dataSource.manager,
      `WITH used AS (
         UPDATE api_keys SET last_used_at = turnout_now()
         WHERE key_digest = $1 AND ${IS_GOOD}
           AND (last_used_at IS NULL OR last_used_at < turnout_now() - interval '1 minute'))
       SELECT id, name, scopes FROM api_keys WHERE key_digest = $1 AND ${IS_GOOD}`,
      [digest],
    );
    return found;
  }
}

/** No slow hash: a key is 256 random bits, so there is nothing to guess that slowness would protect. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
