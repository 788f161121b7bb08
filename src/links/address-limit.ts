import type { Milliseconds } from '../core/instant.js';

interface Limits {
  /** Of one address within a window; 0: any number. */
  most: number;
  windowMs: Milliseconds;
  /** When more come within a window, the next one begins early: memory goes before the limit. */
  mostAddresses: number;
}

/** Counts what comes from each address, in windows that are the same for all. */
export class AddressLimit {
  private counts = new Map<string, number>();
  private endsAt = -Infinity;

  constructor(private readonly limits: Limits) {}

  /** Counts one from an address, at an instant of any clock that does not go back; whether it is one too many. */
  isOneTooMany(address: string, at: Milliseconds): boolean {
    const { most, windowMs, mostAddresses } = this.limits;
    if (most === 0) return false;
    if (at >= this.endsAt || this.counts.size >= mostAddresses) {
      this.counts = new Map();
      this.endsAt = at + windowMs;
    }
    const count = (this.counts.get(address) ?? 0) + 1;
    this.counts.set(address, count);
    return count > most;
  }
}
