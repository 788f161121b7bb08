/**
 * Results worked out before, the recently used ones: two generations, of which the older is dropped when the younger is
 * full. A lookup costs little more than a map's.
 */
export class RecentResults<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  /** Keeps up to twice so many. */
  constructor(private readonly generationSize: number) {}

  get(key: string): T | undefined {
    const recent = this.young.get(key);
    if (recent !== undefined) return recent;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: T): void {
    if (this.young.size >= this.generationSize) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
