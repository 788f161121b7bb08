import { setTimeout as wait } from 'node:timers/promises';

/** Requests to one host: so many at once, and their beginnings a pause apart, however many links lead there. */
export class HostPace {
  private readonly hosts = new Map<string, { underWay: number; nextAt: number; waiting: (() => void)[] }>();

  constructor(
    private readonly perHost: number,
    private readonly gapMs: number,
  ) {}

  async run<T>(host: string, work: () => Promise<T>): Promise<T> {
    const known = this.hosts.get(host) ?? { underWay: 0, nextAt: 0, waiting: [] };
    this.hosts.set(host, known);
    if (known.underWay >= this.perHost) await new Promise<void>((go) => known.waiting.push(go));
    else known.underWay += 1;
    try {
      const at = performance.now();
      const startAt = Math.max(at, known.nextAt);
      known.nextAt = startAt + this.gapMs;
      if (startAt > at) await wait(startAt - at);
      return await work();
    } finally {
      // The place goes to whoever waits longest, without ever being free.
      const next = known.waiting.shift();
      if (next) next();
      else if (--known.underWay === 0 && performance.now() >= known.nextAt) this.hosts.delete(host);
    }
  }
}
