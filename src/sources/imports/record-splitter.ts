/** A record of a file, with where it stands in it. */
export interface FileRecord {
  /** Of its first line, counted from 1. */
  line: number;
  /** Lines that it spans. */
  lines: number;
  /** The offset of the byte after it. */
  end: number;
  /** Without the line break; undefined when it is longer than a record may be. */
  bytes: Buffer | undefined;
}

interface Position {
  line: number;
  offset: number;
}

const LINE_BREAK = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

/**
 * Cuts a stream of bytes into records: at every line break or, for CSV, at those outside of quotes. Holds no more than one
 * record and a chunk. A record that grows beyond the limit is given up: where a quote was never closed, its first line
 * alone, so that what follows is read as if the quote weren't there.
 */
export class RecordSplitter {
  private held: Buffer = Buffer.alloc(0);
  /** Bytes of `held` that are looked at, and the quotes among them. */
  private seen = 0;
  private isQuoted = false;
  private lines = 1;
  /** Within a line that is too long, of which nothing is held. */
  private isSkipping = false;

  constructor(
    private readonly options: { hasQuotes: boolean; mostBytes: number },
    private readonly at: Position = { line: 1, offset: 0 },
  ) {}

  /** The records that are complete with these bytes. */
  push(chunk: Buffer): FileRecord[] {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    return this.take(false);
  }

  /** What is left at the end of the file. */
  end(): FileRecord[] {
    return this.take(true);
  }

  private take(isEnd: boolean): FileRecord[] {
    const records: FileRecord[] = [];
    for (;;) {
      const found = this.findEnd();
      if (found >= 0) {
        records.push(this.cut(found, found + 1));
        continue;
      }
      const isTooLong = this.held.length > this.options.mostBytes;
      if (this.isQuoted && (isTooLong || isEnd)) {
        const firstLine = this.held.indexOf(LINE_BREAK);
        if (firstLine >= 0) {
          this.lines = 1;
          records.push(this.cut(firstLine, firstLine + 1));
          continue;
        }
      }
      if (isEnd && (this.held.length > 0 || this.isSkipping))
        records.push(this.cut(this.held.length, this.held.length));
      else if (isTooLong) this.skip();
      return records;
    }
  }

  /** The offset of the line break that ends the record; below 0: not there yet. */
  private findEnd(): number {
    if (!this.options.hasQuotes) {
      const found = this.held.indexOf(LINE_BREAK, this.seen);
      if (found < 0) this.seen = this.held.length;
      return found;
    }
    for (; this.seen < this.held.length; this.seen++) {
      const byte = this.held[this.seen];
      if (byte === QUOTE) this.isQuoted = !this.isQuoted;
      else if (byte === LINE_BREAK) {
        if (!this.isQuoted) return this.seen;
        this.lines += 1;
      }
    }
    return -1;
  }

  private cut(end: number, next: number): FileRecord {
    const isTooLong = this.isSkipping || end > this.options.mostBytes;
    const length = end > 0 && this.held[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    const bytes = isTooLong ? undefined : this.held.subarray(0, length);
    const { line } = this.at;
    this.at.offset += next;
    this.at.line += this.lines;
    const record = { line, lines: this.lines, end: this.at.offset, bytes };
    this.held = this.held.subarray(next);
    this.reset();
    this.isSkipping = false;
    return record;
  }

  private skip(): void {
    this.at.offset += this.held.length;
    this.held = Buffer.alloc(0);
    this.reset();
    this.isSkipping = true;
  }

  private reset(): void {
    this.seen = 0;
    this.isQuoted = false;
    this.lines = 1;
  }
}
