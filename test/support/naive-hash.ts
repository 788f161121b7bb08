const BITS_32 = 0xffffffffn;

function rotated(value: bigint, by: bigint): bigint {
  return ((value << by) | (value >> (32n - by))) & BITS_32;
}

function scrambled(block: bigint): bigint {
  return (rotated((block * 0xcc9e2d51n) & BITS_32, 15n) * 0x1b873593n) & BITS_32;
}

/** MurmurHash3, x86, 32 bits, of a text in UTF-8, with seed 0. */
export function naiveMurmur3(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const whole = bytes.length - (bytes.length % 4);
  const block = (from: number, to: number): bigint =>
    [...bytes.slice(from, to)].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  let hash = 0n;
  for (let at = 0; at < whole; at += 4) {
    hash = (rotated(hash ^ scrambled(block(at, at + 4)), 13n) * 5n + 0xe6546b64n) & BITS_32;
  }
  hash ^= scrambled(block(whole, bytes.length)) ^ BigInt(bytes.length);
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & BITS_32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & BITS_32;
  return Number(hash ^ (hash >> 16n));
}
