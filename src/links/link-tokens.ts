import { createHash, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import { RecentResults } from '../ctas/recent-results.js';

export const LINK_BYTES = 8;
export const BINDING_BYTES = 9;
export const CODE_BYTES = 8;

const RECENT_TOKENS = 10_000;

const KEY_ID_BYTES = 2;
const SHORT_KEY_ID_BYTES = 1;
const EXPIRY_BYTES = 4;
const MAC_BYTES = 16;
/** Only what keeps guesses away from the database: that nobody guesses the code itself is what a short form rests on. */
const SHORT_MAC_BYTES = 3;

const LINK_AT = KEY_ID_BYTES + EXPIRY_BYTES;
const OPEN_BYTES = LINK_AT + LINK_BYTES + MAC_BYTES;
const BOUND_BYTES = OPEN_BYTES + BINDING_BYTES;
const SHORT_BYTES = SHORT_KEY_ID_BYTES + CODE_BYTES + SHORT_MAC_BYTES;

/** All lengths are multiples of three bytes, so that no two texts stand for the same bytes. */
const TOKEN = /^[A-Za-z0-9_-]+$/;
const lettersOf = (bytes: number): number => (bytes / 3) * 4;

/** What a token says once its signature is known to be right. */
export type Read =
  { kind: 'long'; link: string; binding: string | undefined; expiresAt: Instant } | { kind: 'short'; code: string };

interface LongToken {
  link: string;
  binding?: string | undefined;
  /** In whole seconds. */
  expiresAt: Instant;
}

/**
 * Writes and reads the tokens of links: key id, expiry, the link's id, a reference to whom it was given, and an HMAC-SHA256
 * over these. Nothing in them says anything outside our database. The first key signs, each of them reads, so that keys can be
 * changed without breaking what was sent.
 */
export class LinkTokens {
  private readonly keys: readonly { id: Buffer; key: KeyObject }[];
  /** Read before, and signed rightly: a link in a template has one token, which thousands of people follow. */
  private readonly recent = new RecentResults<Read>(RECENT_TOKENS);

  constructor(keys: readonly Buffer[]) {
    this.keys = keys.map((key) => ({
      id: createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES),
      key: createSecretKey(key),
    }));
  }

  write({ link, binding, expiresAt }: LongToken): string {
    const { id, key } = this.keys[0]!;
    const expiry = Buffer.alloc(EXPIRY_BYTES);
    expiry.writeUInt32BE(expiresAt / 1_000);
    const pieces = [id, expiry, Buffer.from(link, 'base64url'), Buffer.from(binding ?? '', 'base64url')];
    const said = Buffer.concat(pieces);
    return Buffer.concat([said, macOf(key, 'link', said, MAC_BYTES)]).toString('base64url');
  }

  writeShort(code: Buffer): string {
    const { id, key } = this.keys[0]!;
    const said = Buffer.concat([id.subarray(0, SHORT_KEY_ID_BYTES), code]);
    return Buffer.concat([said, macOf(key, 'short', said, SHORT_MAC_BYTES)]).toString('base64url');
  }

  /** Undefined for whatever no key of ours signed. */
  read(token: string): Read | undefined {
    const { length } = token;
    const isShort = length === lettersOf(SHORT_BYTES);
    if (!isShort && length !== lettersOf(OPEN_BYTES) && length !== lettersOf(BOUND_BYTES)) return undefined;
    const known = this.recent.get(token);
    if (known) return known;
    if (!TOKEN.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const read = isShort ? this.readShort(bytes) : this.readLong(bytes);
    if (read) this.recent.set(token, read);
    return read;
  }

  private readLong(bytes: Buffer): Read | undefined {
    if (!this.isSigned(bytes, { purpose: 'link', keyIdBytes: KEY_ID_BYTES, macBytes: MAC_BYTES })) return undefined;
    const isBound = bytes.length === BOUND_BYTES;
    const bindingAt = LINK_AT + LINK_BYTES;
    return {
      kind: 'long',
      link: bytes.toString('base64url', LINK_AT, bindingAt),
      binding: isBound ? bytes.toString('base64url', bindingAt, bindingAt + BINDING_BYTES) : undefined,
      expiresAt: bytes.readUInt32BE(KEY_ID_BYTES) * 1_000,
    };
  }

  private readShort(bytes: Buffer): Read | undefined {
    const form = { purpose: 'short', keyIdBytes: SHORT_KEY_ID_BYTES, macBytes: SHORT_MAC_BYTES } as const;
    if (!this.isSigned(bytes, form)) return undefined;
    return { kind: 'short', code: bytes.toString('base64url', SHORT_KEY_ID_BYTES, SHORT_KEY_ID_BYTES + CODE_BYTES) };
  }

  private isSigned(bytes: Buffer, { purpose, keyIdBytes, macBytes }: Form): boolean {
    const said = bytes.subarray(0, bytes.length - macBytes);
    const mac = bytes.subarray(bytes.length - macBytes);
    return this.keys.some(
      ({ id, key }) =>
        id.compare(said, 0, keyIdBytes, 0, keyIdBytes) === 0 &&
        timingSafeEqual(macOf(key, purpose, said, macBytes), mac),
    );
  }
}

interface Form {
  purpose: Purpose;
  keyIdBytes: number;
  macBytes: number;
}

/** A signature for the one is none for the other. */
type Purpose = 'link' | 'short';

function macOf(key: KeyObject, purpose: Purpose, said: Buffer, bytes: number): Buffer {
  return createHmac('sha256', key).update(`turnout ${purpose}\0`).update(said).digest().subarray(0, bytes);
}
