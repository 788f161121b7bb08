/**
 * A profile's place between 0 and 100 for a seed: always the same, and evenly spread over profiles. MurmurHash3 (x86, 32
 * bit, Austin Appleby, public domain) of the UTF-8 bytes of `seed`, a line feed and the profile's key.
 */
export function stablePlace(seed: string, profile: string): number {
  return (murmur3(new TextEncoder().encode(`${seed}\n${profile}`)) / 2 ** 32) * 100;
}

function murmur3(bytes: Uint8Array): number {
  let hash = 0;
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) {
    const block = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash = Math.imul(rotate(hash ^ scramble(block), 13), 5) + 0xe6546b64;
  }
  const rest = bytes.slice(whole).reduceRight((block, byte) => (block << 8) | byte, 0);
  hash ^= scramble(rest) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
