import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID: 48 bits of time in ms and 80 random bits in Crockford's base 32; what Customer.io wants of an event's id. */
export function ulid(at: number): string {
  return inBase32(at, randomBytes(10));
}

/** The first ULID of an instant: all of them, and of later ones, are not below it. */
export function firstUlidAt(at: number): string {
  return inBase32(Math.max(0, at), new Uint8Array(10));
}

/** Time and randomness apart, in numbers: what is made for every decision is not made of big integers. */
function inBase32(at: number, random: Uint8Array): string {
  let text = '';
  let time = at;
  for (let index = 0; index < 10; index++) {
    text = ALPHABET[time % 32]! + text;
    time = Math.floor(time / 32);
  }
  for (let start = 0; start < 10; start += 5) {
    let high = random[start]! * 65_536 + random[start + 1]! * 256 + random[start + 2]!;
    let low = random[start + 3]! * 256 + random[start + 4]!;
    // 40 bits: 24 and 16, read off five at a time from the right.
    let part = '';
    for (let index = 0; index < 8; index++) {
      const five = low & 31;
      part = ALPHABET[five]! + part;
      low = (low >>> 5) + ((high & 31) << 11);
      high >>>= 5;
    }
    text += part;
  }
  return text;
}
