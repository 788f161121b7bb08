import { randomUUID } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * A ULID: 48 bits of time in ms and 80 random bits in Crockford's base 32; what Customer.io wants of an event's id. The
 * random bits are those of a UUID without its version and variant, since Node makes these for many at once.
 */
export function ulid(at: number): string {
  const random = randomUUID();
  return (
    inBase32(at, 10) +
    inBase32(bits40(random.slice(-10)), 8) +
    inBase32(bits40(random.slice(0, 8) + random.slice(9, 11)), 8)
  );
}

/** The first ULID of an instant: all of them, and of later ones, are not below it. */
export function firstUlidAt(at: number): string {
  return inBase32(Math.max(0, at), 10) + '0'.repeat(16);
}

function bits40(hexadecimal: string): number {
  return parseInt(hexadecimal, 16);
}

/** In numbers: what is made for every decision is not made of big integers. */
function inBase32(value: number, digits: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < digits; index++) {
    text = ALPHABET[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
