import { CATALOGUE, Chance, RandomLife } from '../support/random-life.js';
import { customerIdOf, type DrawnFact, type DrawnSegment, type DrawnWorld } from './drawn-world.js';
import { drawTemper, sendFate, statementFate, type Temper } from './faults.js';
import type { Gate } from './gates.js';
import { factLetter, importLetter, webhookLetter, type Letter } from './mail.js';
import { segmentIdOf, setUp } from './set-up.js';
import { skipEmptyLanes, type SimulatedProcess, type SimulatedWorld } from './simulated-world.js';
import type { Tally } from './tally.js';
import { Visitors } from './visitors.js';

const ROUNDS = 24;
const MOST_JOBS = 12;
const MOST_KILLS = 4;
const WEBHOOKS = 12;
const FILES = 2;
const SKEWS = [0, 0, 1_000, -90_000, 86_400_000, -400 * 86_400_000];

interface Reports {
  say: (line: string) => void;
  tally: Tally;
}

interface Answered {
  run: string;
  point: string;
  id: string;
}

/** Everything at once, in an order that the seed draws, with everything going wrong that can. */
export class Chaos {
  readonly letters: Letter[];
  readonly answers: Answered[] = [];
  readonly visitors: Visitors;
  erasure: 'none' | 'wanted' | 'asked' | 'done' = 'none';
  private readonly chance: Chance;
  private readonly temper: Temper;
  private readonly life: RandomLife;
  private kills = 0;
  private webhooks = 0;
  /** The segment of which a draft was written last. */
  private drafted: string | undefined;

  constructor(
    private readonly world: SimulatedWorld,
    readonly drawn: DrawnWorld,
    private readonly seed: number,
    private readonly reports: Reports,
  ) {
    this.chance = new Chance(seed ^ 0x5eed);
    this.temper = drawTemper(this.chance);
    this.letters = this.draw(drawn.facts);
    this.visitors = new Visitors(world, this.chance, drawn.people);
    this.life = new RandomLife(this.chance, drawn.people - (drawn.erased === undefined ? 0 : 1));
  }

  /** Facts come by themselves, in a file, or both. */
  private draw(facts: readonly DrawnFact[]): Letter[] {
    const { chance, world, drawn } = this;
    const files = Array.from({ length: FILES }, (_, number) => {
      const told = facts.filter(({ person }) => person !== drawn.erased && chance.happens(0.3));
      return { told, letter: importLetter(world, told, number) };
    });
    const isInFile = (fact: DrawnFact): boolean => files.some(({ told }) => told.includes(fact));
    const alone = facts.filter((fact) => !isInFile(fact) || chance.happens(0.5));
    return [...alone.map(factLetter), ...files.map(({ letter }) => letter)];
  }

  /** An empty service with all that is declared, and the processes that it begins with. */
  async begin(): Promise<void> {
    const { chance, world, drawn } = this;
    await world.reset(this.seed, drawn.startsAt, {
      SETTLE_DELAY_MS: chance.of(['0', '0', '60000']),
      DATABASE_POOL_SIZE: chance.of(['2', '4', '6']),
      EVALUATE_BATCH_SIZE: chance.of(['1', '2', '500']),
      DELIVERY_MAX_ATTEMPTS: chance.of(['2', '100']),
    });
    await setUp(world, drawn, chance);
    world.broker.beforeAdding = (queue, jobs) => this.enqueue(queue, jobs.length);
  }

  async run(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      for (let begun = 1 + this.chance.below(4); begun > 0; begun--) this.beginSomething();
      await this.playOut();
      await this.letTimePass();
    }
  }

  /** A process takes something on. */
  private beginSomething(): void {
    const { chance } = this;
    const process = chance.of(this.world.processes.filter((one) => one.roles !== 'worker'));
    const choice = chance.below(100);
    if (choice < 44) this.deliver(process);
    else if (choice < 56) this.goOn(process);
    else if (choice < 74) this.changeSomething(process);
    else if (choice < 88) this.decide(process);
    else if (choice < 92) this.erase(process);
    else this.fireTimer();
  }

  private goOn(process: SimulatedProcess): void {
    const { name, run } = this.visitors.next();
    this.launch(process, name, () => run(process));
  }

  private deliver(process: SimulatedProcess): void {
    const { chance } = this;
    if (this.webhooks < WEBHOOKS && chance.happens(0.5)) {
      this.webhooks += 1;
      this.letters.push(webhookLetter(this.life.webhook(this.world.now), this.webhooks));
      if (chance.happens(0.3)) return this.reports.tally.add('event held back');
    }
    const letter = chance.of(this.letters);
    if (letter.isAcknowledged) this.reports.tally.add('duplicate');
    if (this.letters.indexOf(letter) < this.letters.length - 1) this.reports.tally.add('out of order');
    this.launch(process, letter.name, async () => {
      if (await letter.send(process)) letter.isAcknowledged = true;
    });
  }

  private changeSomething(process: SimulatedProcess): void {
    const { chance, drawn } = this;
    if (chance.happens(0.25)) {
      const key = chance.of(Object.keys(CATALOGUE));
      const patterns = chance.of(CATALOGUE[key]!);
      if (patterns) return this.ask(process, 'PUT', `/v1/ctas/${key}`, { patterns });
      return this.ask(process, 'DELETE', `/v1/ctas/${key}`);
    }
    this.changeSegment(process, chance.of(drawn.segments));
  }

  /** At once, or by a draft that is looked at before it comes into force. */
  private changeSegment(process: SimulatedProcess, { key, versions, isPushed }: DrawnSegment): void {
    const { chance, drawn } = this;
    const push = { customerio: { segmentId: segmentIdOf(drawn, key) } };
    const rule = chance.happens(0.2) ? { not: versions[0]! } : chance.of(versions);
    const body = { rule, ...(isPushed && { push }) };
    const url = `/v1/segments/${key}`;
    if (chance.happens(0.4)) return this.ask(process, 'PUT', url, body);
    if (chance.happens(0.1)) return this.ask(process, 'POST', `${url}/rollback`, { version: 1 + chance.below(2) });
    if (chance.happens(0.05)) return this.ask(process, 'DELETE', url);
    if (this.drafted === undefined || chance.happens(0.3)) {
      this.drafted = key;
      return this.ask(process, 'PUT', `${url}/draft`, body);
    }
    const draft = `/v1/segments/${this.drafted}`;
    if (chance.happens(0.4)) return this.ask(process, 'POST', `${draft}/shadow`);
    if (chance.happens(0.8)) return this.ask(process, 'POST', `${draft}/publish`, { force: chance.happens(0.5) });
    return this.ask(process, 'DELETE', `${draft}/${chance.of(['draft', 'shadow'])}`);
  }

  private decide(process: SimulatedProcess): void {
    const { chance } = this;
    const point = chance.of(['p0', 'p1']);
    const run = chance.happens(0.6) ? `run-${chance.below(6)}` : undefined;
    const identifiers = { customer_id: chance.below(this.drawn.people) + 1 };
    const url = `/v1/journeys/random/branch-points/${point}/decide`;
    const body = { identifiers: run ? { customer_id: Number(run.slice(4)) % this.drawn.people } : identifiers };
    this.launch(process, `decide ${point} ${run ?? ''}`, async () => {
      const asked = { ...body, ...(run && { journey_run_id: run }) };
      const answer = await this.world.call(process, 'POST', url, asked);
      const { decision_id: id } = answer.json<{ decision_id?: string | null }>();
      if (answer.statusCode === 200 && id && run) this.answers.push({ run, point, id });
      this.reports.say(`decided: ${answer.statusCode}`);
    });
  }

  private erase(process: SimulatedProcess): void {
    const { erased } = this.drawn;
    if (erased === undefined || this.erasure === 'done') return;
    this.erasure = 'asked';
    this.launch(process, 'erase', async () => {
      const answer = await this.world.call(process, 'DELETE', `/v1/profiles/customer_id:${customerIdOf(erased)}`);
      if (answer.statusCode === 200) this.erasure = 'done';
      this.reports.say(`erased: ${answer.statusCode}`);
    });
  }

  private ask(process: SimulatedProcess, method: 'PUT' | 'POST' | 'DELETE', url: string, body?: unknown): void {
    this.reports.tally.add('declaration changed');
    this.launch(process, `${method} ${url}`, async () => {
      const answer = await this.world.call(process, method, url, body);
      this.reports.say(`${method} ${url}: ${answer.statusCode}`);
    });
  }

  private launch(process: SimulatedProcess, name: string, work: () => Promise<void>): void {
    this.reports.say(`${process.virtual.name} begins: ${name}`);
    void process.virtual.within(async () => {
      try {
        await work();
        this.reports.say(`${process.virtual.name} is done: ${name}`);
      } catch (error) {
        this.reports.say(`${process.virtual.name} fails: ${name}: ${(error as Error).name}`);
      }
    });
  }

  /** Until nobody waits for a step any more. */
  private async playOut(): Promise<void> {
    const { chance, world } = this;
    for (;;) {
      await world.gates.settle();
      await this.buryTheDead();
      if (world.gates.waiting.length === 0) return;
      if (chance.happens(0.03)) this.fireTimer();
      else if (chance.happens(0.08)) this.takeJob();
      else if (chance.happens(0.02)) await world.setClock(world.now + 1 + chance.below(500));
      else if (chance.happens(this.temper.crash / 2)) await this.killOne();
      else this.step(chance.of(world.gates.waiting));
    }
  }

  private step(gate: Gate): void {
    const { chance, temper } = this;
    const { tally } = this.reports;
    if (gate.kind === 'send') return this.world.gates.open(gate, sendFate(chance, gate, temper, tally));
    const mayDie = this.kills < MOST_KILLS;
    const fate = statementFate(chance, gate, mayDie ? temper : { ...temper, crash: 0 }, tally);
    if (fate.kind === 'dies after') this.kills += 1;
    this.world.gates.open(gate, fate);
  }

  private fireTimer(): void {
    const { virtual } = this.chance.of(this.world.processes);
    if (virtual.fireNext()) this.reports.say(`${virtual.name}: a timer`);
  }

  private takeJob(): void {
    const ready = this.world.broker.ready();
    if (ready.length === 0) return;
    const worker = this.chance.of(ready);
    this.reports.say(`${worker.process!.name}: a job of ${worker.name}`);
    worker.process!.within(() => void this.world.broker.take(worker));
  }

  private async enqueue(queue: string, jobs: number): Promise<void> {
    if (!this.chance.happens(this.temper.queue)) return;
    if (this.chance.happens(0.1)) this.reports.tally.add('jobs flushed', this.world.broker.flush());
    this.reports.tally.add('jobs not added', jobs);
    this.reports.say(`${jobs} jobs of ${queue} are lost`);
    throw new Error('The simulation loses these jobs.');
  }

  private async killOne(): Promise<void> {
    if (this.kills >= MOST_KILLS) return;
    this.kills += 1;
    this.reports.tally.add('process killed before a step');
    await this.bury(this.chance.of(this.world.processes));
  }

  private async buryTheDead(): Promise<void> {
    for (const process of this.world.processes.filter((one) => one.virtual.isDead)) await this.bury(process);
  }

  private async bury(process: SimulatedProcess): Promise<void> {
    this.reports.say(`${process.virtual.name} is dead`);
    await this.world.kill(process, () => this.chance.happens(0.5));
    await this.startOne(process.roles);
  }

  private startOne(roles: string): Promise<SimulatedProcess> {
    const skew = this.chance.of(SKEWS);
    if (skew !== 0) this.reports.tally.add('clock off');
    return this.world.start(roles, skew);
  }

  private async letTimePass(): Promise<void> {
    const { chance, world, drawn } = this;
    await skipEmptyLanes(world);
    if (world.broker.waitingJobs > MOST_JOBS) this.reports.tally.add('jobs flushed', world.broker.flush());
    const by = chance.of([0, 1, 999, 61_000, Math.floor(drawn.pace * chance.next() * 4), drawn.pace]);
    if (by > 0) await world.setClock(world.now + by);
    this.reports.say(`time: ${world.now}`);
    for (let fired = chance.below(10); fired > 0; fired--) this.fireTimer();
    await this.playOut();
    while (chance.happens(0.8) && world.broker.ready().length > 0) {
      this.takeJob();
      if (chance.happens(0.5)) await this.playOut();
    }
    await this.playOut();
  }
}
