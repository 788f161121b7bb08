/** A set of profile ids that takes a bit for each: ids come from a sequence. */
export class SeenProfiles {
  size = 0;
  private bits = new Uint8Array(1 << 16);

  add(id: number): void {
    const place = id >> 3;
    if (place >= this.bits.length) this.grow(place);
    this.bits[place]! |= 1 << (id & 7);
    this.size += 1;
  }

  has(id: number): boolean {
    return ((this.bits[id >> 3] ?? 0) & (1 << (id & 7))) !== 0;
  }

  private grow(place: number): void {
    const larger = new Uint8Array(Math.max(place + 1, this.bits.length * 2));
    larger.set(this.bits);
    this.bits = larger;
  }
}
