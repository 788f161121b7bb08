import { currentStrand, type VirtualProcess } from './virtual-process.js';

export type GateKind = 'sql' | 'send' | 'enqueue';

/** A step of a process that waits to be taken. `decision` says how it goes. */
export interface Gate<Decision = unknown> {
  number: number;
  process: VirtualProcess;
  strand: number;
  kind: GateKind;
  label: string;
  detail: string;
  /** Lets the step be taken. */
  open: (decision: Decision) => void;
}

/** Work of the real world under way, an exchange with PostgreSQL. */
interface Exchange {
  number: number;
  process: VirtualProcess;
  strand: number;
  label: string;
  detail: string;
  pid: number | undefined;
  /** It waits for a lock that another simulated process holds. */
  isHeld: boolean;
  /** It is answered: lets the process have the answer. */
  deliver: (() => void) | undefined;
}

/** Which of these backends wait for a lock of another. */
export type FindHeld = (pids: readonly number[]) => Promise<readonly number[]>;

const TURNS = 3;
const LOOK_MS = 3;
const LONGEST_WAIT_MS = 60_000;

const realTimeout = globalThis.setTimeout;
const realImmediate = globalThis.setImmediate;

/**
 * Holds every step of the simulated processes until the simulation takes it: one at a time, in the order that it chooses.
 * Between two steps everything stands still.
 */
export class Gates {
  readonly waiting: Gate[] = [];
  private readonly exchanges = new Set<Exchange>();
  private readonly unburied = new Set<VirtualProcess>();
  private gatesSoFar = 0;
  private exchangesSoFar = 0;
  private movements = 0;
  /** How many movements there had been when the locks were last looked at. */
  private lookedAfter = -1;
  private onMovement: (() => void) | undefined;

  constructor(
    private readonly findHeld: FindHeld,
    private readonly onRest: () => void = () => undefined,
  ) {}

  /** Resolves with the decision on the step when it is taken; of a process that is killed, never. */
  async pass<Decision>(process: VirtualProcess, kind: GateKind, label: string, detail = ''): Promise<Decision> {
    this.gatesSoFar += 1;
    const number = this.gatesSoFar;
    const decision = await new Promise<Decision>((open) => {
      const about = { number, process, strand: currentStrand(), kind, label, detail };
      this.waiting.push({ ...about, open: open as Gate['open'] });
      this.moved();
    });
    return decision;
  }

  /** Takes the step. */
  open(gate: Gate, decision: unknown): void {
    this.waiting.splice(this.waiting.indexOf(gate), 1);
    gate.open(decision);
  }

  /** Its steps are never taken. Others may wait for what it has locked, until it is buried. */
  drop(process: VirtualProcess): void {
    this.unburied.add(process);
    const dropped = this.waiting.filter((gate) => gate.process === process);
    for (const gate of dropped) this.waiting.splice(this.waiting.indexOf(gate), 1);
  }

  /** Its connections are closed. */
  buried(process: VirtualProcess): void {
    this.unburied.delete(process);
  }

  /**
   * Counts work as under way until it is done. A commit lets go whoever waited for its locks: whose answer is here first is
   * not left to the network, so that each is kept until all are.
   */
  async during<Result>(
    about: { process: VirtualProcess; label: string; detail?: string; pid: number | undefined },
    work: () => Promise<Result>,
  ): Promise<Result> {
    this.exchangesSoFar += 1;
    const own = { number: this.exchangesSoFar, strand: currentStrand() };
    const exchange: Exchange = { ...own, detail: '', ...about, isHeld: false, deliver: undefined };
    this.exchanges.add(exchange);
    try {
      return await work();
    } finally {
      if (!about.process.isFree && !about.process.isDead) await this.turnOf(exchange);
      this.exchanges.delete(exchange);
      this.moved();
    }
  }

  /** Resolves when the process may have the answer. */
  private async turnOf(exchange: Exchange): Promise<void> {
    await new Promise<void>((deliver) => {
      exchange.deliver = deliver;
      this.moved();
    });
  }

  /**
   * Resolves once nothing moves: every process waits for a step, for a timer, or for a lock of another's. Those who all
   * wait for locks are left to PostgreSQL, unless it is a dead process's that they wait for.
   */
  async settle(): Promise<void> {
    for (const exchange of this.exchanges) exchange.isHeld = false;
    const giveUpAt = Date.now() + LONGEST_WAIT_MS;
    for (;;) {
      await this.turns();
      const { alive } = this;
      const [answered, open] = [alive.filter((one) => one.deliver), alive.filter((one) => !one.deliver)];
      const isDeadlock = alive.length > 0 && answered.length + this.unburied.size + this.waiting.length === 0;
      const areHeld = !isDeadlock && open.every((one) => one.isHeld);
      // Who was held when somebody moved may have been let go by that.
      if (areHeld && (open.length === 0 || this.lookedAfter === this.movements)) {
        const [first] = answered.sort(inOrder);
        if (first) {
          first.deliver!();
          continue;
        }
        this.waiting.sort(inOrder);
        return this.onRest();
      }
      if (Date.now() > giveUpAt) {
        const left = [...this.exchanges].map(({ label, pid }) => `${label} (${pid})`);
        throw new Error(`The simulated processes do not come to rest: ${left.join('; ')}`);
      }
      if (areHeld || !(await this.movement(LOOK_MS))) await this.lookAtLocks();
    }
  }

  private async turns(): Promise<void> {
    for (let quiet = 0, seen = this.movements; quiet < TURNS; quiet++) {
      await new Promise((resolve) => realImmediate(resolve));
      if (this.movements !== seen) [quiet, seen] = [-1, this.movements];
      if (this.alive.some(isUnderWay)) return; // there is no rest before it is answered
    }
  }

  private get alive(): Exchange[] {
    return [...this.exchanges].filter((one) => !one.process.isDead);
  }

  private moved(): void {
    this.movements += 1;
    this.onMovement?.();
  }

  private async movement(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const hasMoved = await new Promise<boolean>((resolve) => {
      this.onMovement = () => resolve(true);
      timer = realTimeout(() => resolve(false), ms);
    });
    clearTimeout(timer);
    this.onMovement = undefined;
    return hasMoved;
  }

  private async lookAtLocks(): Promise<void> {
    const movements = this.movements;
    const open = [...this.exchanges].filter((one) => one.pid !== undefined && !one.deliver);
    if (open.length < 1) return;
    const held = new Set(await this.findHeld(open.map((one) => one.pid!)));
    for (const exchange of open) exchange.isHeld = held.has(exchange.pid!);
    this.lookedAfter = movements;
  }
}

function isUnderWay({ deliver, isHeld }: Exchange): boolean {
  return !deliver && !isHeld;
}

/** However long it took each to get there. */
function inOrder(a: Gate | Exchange, b: Gate | Exchange): number {
  if (a.process !== b.process) return a.process.name < b.process.name ? -1 : 1;
  if (a.strand !== b.strand) return a.strand - b.strand;
  if (a.label !== b.label) return a.label < b.label ? -1 : 1;
  if (a.detail !== b.detail) return a.detail < b.detail ? -1 : 1;
  return a.number - b.number;
}
