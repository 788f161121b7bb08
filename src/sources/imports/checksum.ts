import { crc32 } from 'node:zlib';

/** The CRC-32 of a file up to a place that moves on behind what has been read. Undefined of a beginning that was not seen. */
export class Checksum {
  private readonly ahead: Buffer[] = [];

  /** `value` is that of the file's first `end` bytes. */
  constructor(
    private value: number | undefined,
    private end: number,
  ) {}

  /** What comes next in the file. */
  push(chunk: Buffer): void {
    if (this.value !== undefined) this.ahead.push(chunk);
  }

  /** Of the file's first `end` bytes, which have come. */
  upTo(end: number): number | undefined {
    while (this.value !== undefined && this.end < end) {
      const next = this.ahead.shift()!;
      const part = next.subarray(0, end - this.end);
      this.value = crc32(part, this.value);
      this.end += part.length;
      if (part.length < next.length) this.ahead.unshift(next.subarray(part.length));
    }
    return this.value;
  }
}
