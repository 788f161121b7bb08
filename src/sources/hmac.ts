import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Verification } from './source.js';

export interface SignedMessage {
  /** The signed bytes, in pieces. */
  pieces: readonly (string | Buffer)[];
  signature: string;
  encoding: 'hex' | 'base64';
}

/**
 * Whether a message carries the HMAC-SHA256 under one of the secrets. The texts of the digests are compared, so a
 * signature that is not exactly what the sender writes (wrong length, upper case, no padding) is refused. Every secret is
 * tried, so that the time taken doesn't tell which one matched.
 */
export function verifyHmac({ pieces, signature, encoding }: SignedMessage, secrets: readonly string[]): Verification {
  const configured = secrets.filter((secret) => secret !== '');
  if (configured.length === 0) return { ok: false, problem: 'no secret is configured' };
  const given = Buffer.from(signature);
  const matches = configured.map((secret) => {
    const hmac = createHmac('sha256', secret);
    for (const piece of pieces) hmac.update(piece);
    const expected = Buffer.from(hmac.digest(encoding));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  return matches.includes(true) ? { ok: true } : { ok: false, problem: 'the signature does not match' };
}
