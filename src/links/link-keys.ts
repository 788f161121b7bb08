import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { createHmac, createSecretKey, randomBytes, type Hmac, type KeyObject } from 'node:crypto';
import { DataSource } from 'typeorm';
import { query } from '../platform/database.js';
import { LinkTokens } from './link-tokens.js';

/** Under this token: the configured keys of links, newest first, in base64. */
export const LINK_KEYS = Symbol('LinkKeys');

/** What is hashed; the same text as two of these has two hashes. */
type Hashed = 'address' | 'agent' | 'binding' | 'code';

/**
 * By what links are signed, and what may not be kept as it is is hashed. An installation makes a secret of its own at the
 * first start: it signs where no key is configured, and what it signed stays good.
 */
@Injectable()
export class LinkKeys implements OnModuleInit {
  private made: KeyObject | undefined;
  private ready: LinkTokens | undefined;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LINK_KEYS) private readonly configured: readonly string[],
  ) {}

  async onModuleInit(): Promise<void> {
    const made = await this.madeSecret();
    this.made = createSecretKey(made);
    this.ready = new LinkTokens([...this.configured.map((text) => Buffer.from(text, 'base64')), made]);
  }

  get tokens(): LinkTokens {
    return this.ready!;
  }

  /** A keyed hash, which does not change with the keys that sign. */
  hash(kind: Hashed, text: string, bytes: number): Buffer {
    return this.hmacOf(kind, text).digest().subarray(0, bytes);
  }

  /** The same in so many letters of base64url. */
  hashText(kind: Hashed, text: string, letters: number): string {
    return this.hmacOf(kind, text).digest('base64url').slice(0, letters);
  }

  private hmacOf(kind: Hashed, text: string): Hmac {
    return createHmac('sha256', this.made!).update(`${kind}\0${text}`);
  }

  /** Made at the first start, by whichever process comes first. */
  private async madeSecret(): Promise<Buffer> {
    const tx = this.dataSource.manager;
    await query(
      tx,
      `INSERT INTO installation_secrets (name, value, created_at) VALUES ('links', $1, turnout_now())
       ON CONFLICT DO NOTHING`,
      [randomBytes(32)],
    );
    const [row] = await query<{ value: Buffer }>(tx, `SELECT value FROM installation_secrets WHERE name = 'links'`);
    return row!.value;
  }
}
