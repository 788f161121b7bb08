import { AsyncLocalStorage } from 'node:async_hooks';
import { Chance } from '../support/random-life.js';
import type { Client } from './server-sessions.js';

interface Place {
  process: VirtualProcess;
  strand: number;
}

const inside = new AsyncLocalStorage<Place>();

/** The simulated process in which the code at hand runs; undefined outside of all. */
export function currentProcess(): VirtualProcess | undefined {
  return inside.getStore()?.process;
}

/** Has the code at hand belong to no process. */
export function outsideOfAll<Result>(work: () => Result): Result {
  return inside.exit(work);
}

/** Which of the things that the process does at the same time the code at hand belongs to. */
export function currentStrand(): number {
  return inside.getStore()?.strand ?? 0;
}

/** A timer that fires when the simulation says so. */
export class VirtualTimer {
  constructor(
    private readonly owner: VirtualProcess,
    readonly number: number,
    public at: number,
    /** In ms; undefined for one that fires once. */
    readonly every: number | undefined,
    readonly run: () => void,
  ) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }

  close(): void {
    this.owner.timers.delete(this);
  }
}

/**
 * What one process of the service has of its own: its timers, its clocks, which may be wrong, its dice, and its connections.
 * Whatever runs `within` it, and what follows from that, belongs to it.
 */
export class VirtualProcess {
  readonly timers = new Set<VirtualTimer>();
  readonly clients = new Set<Client>();
  /** The connection that is being made, and those that are to be made before the next one. */
  connecting: Promise<unknown> = Promise.resolve();
  readonly chance: Chance;
  isDead = false;
  /** Its steps wait for nobody, once nothing is made to go wrong any more. */
  isFree = false;
  /** It starts, or is told what there is: it takes its steps one after the other, and nothing goes wrong. */
  isUndisturbed = false;
  /** What `performance.now()` shows. */
  elapsed = 0;
  private timersSoFar = 0;
  private strandsSoFar = 0;

  constructor(
    readonly name: string,
    seed: number,
    /** How far `Date.now()` is off, in ms. */
    readonly skew: number,
    /** The true time, in ms since 1970. */
    private readonly trueNow: () => number,
  ) {
    this.chance = new Chance(seed);
  }

  within<Result>(work: () => Result): Result {
    this.strandsSoFar += 1;
    return inside.run({ process: this, strand: this.strandsSoFar }, work);
  }

  wallClock(): number {
    return this.trueNow() + this.skew;
  }

  addTimer(ms: number, run: () => void, isRepeated: boolean): VirtualTimer {
    this.timersSoFar += 1;
    const every = isRepeated ? ms : undefined;
    const timer = new VirtualTimer(this, this.timersSoFar, this.elapsed + Math.max(1, ms || 0), every, run);
    this.timers.add(timer);
    return timer;
  }

  /** The timer that is next; time passes until it is due. False where there is none. */
  fireNext(): boolean {
    if (this.timers.size === 0 || this.isDead) return false;
    const next = [...this.timers].reduce((a, b) => (b.at < a.at || (b.at === a.at && b.number < a.number) ? b : a));
    this.elapsed = Math.max(this.elapsed, next.at);
    this.fire(next);
    return true;
  }

  /** Every timer once, whenever it is due; no time passes: who waits for a moment is not to find that hours have gone by. */
  fireEach(): void {
    for (const timer of [...this.timers]) if (this.timers.has(timer)) this.fire(timer);
  }

  private fire(timer: VirtualTimer): void {
    if (timer.every === undefined) this.timers.delete(timer);
    else timer.at = this.elapsed + Math.max(1, timer.every);
    this.within(timer.run);
  }
}
