import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** Under this token: the keys by which secrets are kept, newest first. */
export const SECRETS_KEYS = Symbol('SecretsKeys');

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Why a secret can't be kept or read; names no secret. */
export class SecretsUnreadable extends Error {}

/** A key as it stands in the configuration: 32 bytes in base64. */
export function isSecretsKey(text: string): boolean {
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) && Buffer.from(text, 'base64').length === KEY_BYTES;
}

/**
 * Keeps secrets encrypted (AES-256-GCM), each bound to what it belongs to. The key's id, a hash of it, stands before what
 * it encrypted, so that keys can be changed: the first of them writes, each of them reads.
 */
export class SecretBox {
  private readonly keys: readonly { id: Buffer; key: Buffer }[];

  constructor(keys: readonly string[]) {
    this.keys = keys.map((text) => {
      const key = Buffer.from(text, 'base64');
      return { id: createHash('sha256').update(key).digest().subarray(0, ID_BYTES), key };
    });
  }

  /** Whether anything can be kept. */
  get isUsable(): boolean {
    return this.keys.length > 0;
  }

  /** `owner` is what the secret belongs to: for another it can't be opened. Throws {@link SecretsUnreadable}. */
  seal(secret: string, owner: string): Buffer {
    const [newest] = this.keys;
    if (!newest) throw new SecretsUnreadable('SECRETS_KEYS is not set, so no secret can be kept');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, newest.key, iv).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([newest.id, iv, cipher.getAuthTag(), sealed]);
  }

  /** Throws {@link SecretsUnreadable} where the key is gone, or the text was tampered with. */
  open(sealed: Buffer, owner: string): string {
    const id = sealed.subarray(0, ID_BYTES);
    const known = this.keys.find((one) => one.id.equals(id));
    if (!known) throw new SecretsUnreadable(`SECRETS_KEYS lacks the key ${id.toString('hex')} that it was kept by`);
    const iv = sealed.subarray(ID_BYTES, ID_BYTES + IV_BYTES);
    const tag = sealed.subarray(ID_BYTES + IV_BYTES, ID_BYTES + IV_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, known.key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(tag);
      const text = decipher.update(sealed.subarray(ID_BYTES + IV_BYTES + TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw new SecretsUnreadable('the secret was changed from outside, or belongs to something else');
    }
  }

  /** Whether it was kept by the newest key. */
  isNewest(sealed: Buffer): boolean {
    return this.keys[0]?.id.equals(sealed.subarray(0, ID_BYTES)) ?? false;
  }
}
