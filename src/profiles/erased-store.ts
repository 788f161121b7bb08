import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { createHmac, randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { answersOf, prepared, query, type Transaction } from '../platform/database.js';
import { identifierKey, type Identifier } from './identifier.js';

/** Under this token: the key of erasure tombstones, if the configuration has one. */
export const ERASURE_KEY = Symbol('ErasureKey');

const NAMED_LOCK = `hashtextextended('who is named by others', 0)`;

/** Identifiers, each with a hash of it, as three arrays for `unnest`. */
export type HashedColumns = [kinds: string[], values: string[], hashes: Buffer[]];

/** Who was erased, kept as keyed hashes alone: enough to turn away what comes late, and to nobody else of any use. */
@Injectable()
export class ErasedStore implements OnModuleInit {
  /** The configured one first, then the one that the installation made, which earlier tombstones may stand under. */
  private keys: readonly (Buffer | string)[] = [];
  /** The key that the installation made, which never changes. */
  madeHere: Buffer = Buffer.alloc(0);

  constructor(
    private readonly dataSource: DataSource,
    @Inject(ERASURE_KEY) private readonly configured: string | undefined,
  ) {}

  async onModuleInit(): Promise<void> {
    this.madeHere = await this.madeKey();
    this.keys = this.configured === undefined ? [this.madeHere] : [this.configured, this.madeHere];
  }

  /** Every hash under which each of the identifiers may stand. */
  hashed(identifiers: readonly Identifier[]): HashedColumns {
    const rows = identifiers.flatMap((one) => this.keys.map((key) => ({ ...one, hash: hashOf(key, one) })));
    return [rows.map((row) => row.kind), rows.map((row) => row.value), rows.map((row) => row.hash)];
  }

  /**
   * What stands for a text that names somebody where it only has to be the same again: without the key nobody can ask it about
   * an address, so that it may stay when they are erased.
   */
  sealed(text: string): string {
    return createHmac('sha256', this.madeHere).update(text).digest('base64url');
  }

  /**
   * As {@link among}, and nobody else is erased until the transaction ends: for what is kept about one person and names
   * another, whose profile nobody holds.
   */
  async heldAmong(tx: Transaction, identifiers: readonly Identifier[]): Promise<Set<string>> {
    const [, erased] = await answersOf(
      prepared(tx, 'hold_named', `SELECT pg_advisory_xact_lock_shared(${NAMED_LOCK})`, []),
      this.among(tx, identifiers),
    );
    return erased;
  }

  /**
   * Waits for all who keep something that may name people whose profiles they do not hold; who comes later sees who was
   * erased by this transaction.
   */
  async holdNamed(tx: Transaction): Promise<void> {
    await query(tx, `SELECT pg_advisory_xact_lock(${NAMED_LOCK})`);
  }

  /** Those of the identifiers, by key, that were somebody's who was erased. */
  async among(tx: Transaction, identifiers: readonly Identifier[]): Promise<Set<string>> {
    const rows = await prepared<Identifier>(
      tx,
      'erased_among',
      `SELECT kind, value FROM unnest($1::text[], $2::text[], $3::bytea[]) AS named (kind, value, hash)
        WHERE EXISTS (SELECT FROM erased_identifiers erased WHERE erased.hash = named.hash)`,
      this.hashed(identifiers),
    );
    return new Set(rows.map(identifierKey));
  }

  async add(tx: Transaction, identifiers: readonly Identifier[]): Promise<void> {
    await query(
      tx,
      `INSERT INTO erased_identifiers (hash, erased_at) SELECT hash, turnout_now() FROM unnest($1::bytea[]) AS new (hash)
        ORDER BY hash ON CONFLICT DO NOTHING`,
      [identifiers.map((one) => hashOf(this.keys[0]!, one))],
    );
  }

  /** Made at the first start, by whichever process comes first. */
  private async madeKey(): Promise<Buffer> {
    const tx = this.dataSource.manager;
    await query(
      tx,
      `INSERT INTO installation_secrets (name, value, created_at) VALUES ('erasure', $1, turnout_now())
       ON CONFLICT DO NOTHING`,
      [randomBytes(32)],
    );
    const [row] = await query<{ value: Buffer }>(tx, `SELECT value FROM installation_secrets WHERE name = 'erasure'`);
    return row!.value;
  }
}

function hashOf(key: Buffer | string, identifier: Identifier): Buffer {
  return createHmac('sha256', key).update(identifierKey(identifier)).digest();
}
