import { HOUR } from '../support/builders.js';
import { isCounted, keptFigures, recountedFigures } from '../support/link-figures.js';
import { whatIsLeft } from '../support/turnout.js';
import type { Chaos } from './chaos.js';
import { customerIdOf, linkingFact } from './drawn-world.js';
import { factLetter } from './mail.js';
import { skipEmptyLanes, type SimulatedProcess, type SimulatedWorld } from './simulated-world.js';

const MOST_LOOKS = 100;
const PATIENT_LOOKS = 8;
const A_WHILE_MS = 5_000;
const A_MOMENT_MS = 1_000;
const A_TURN_MS = 50;
const LEASE_MS = 46_000;

/** Afterwards: nothing goes wrong any more, senders get through, and time passes until nothing is left to do. */
export class Calm {
  private process!: SimulatedProcess;

  constructor(
    private readonly world: SimulatedWorld,
    readonly chaos: Chaos,
  ) {}

  /** Nothing goes wrong any more, and a single process is left to do all that was left undone. */
  async come(): Promise<void> {
    const { world } = this;
    world.broker.beforeAdding = undefined;
    for (const one of world.processes) one.virtual.isFree = true;
    await world.gates.settle();
    const [first, ...others] = [...world.processes].sort((a, b) => a.roles.length - b.roles.length).reverse();
    this.process = first!;
    for (const one of others) await world.kill(one, () => true);
    await this.fireTimers(); // somebody may still be led on
    await world.setClock(world.now + LEASE_MS);
  }

  /** All that was sent arrives, everybody is one profile, and what was refused is sent again. */
  async arrive(): Promise<void> {
    await this.deliverAll();
    await this.rest();
    await this.untilDelivered();
  }

  /** Lets time pass to an instant, and does what is due then. */
  async go(at: number): Promise<void> {
    await this.world.setClock(at);
    await this.rest();
  }

  /** Answers of the API of the process that is left. */
  async must(method: 'GET' | 'POST', url: string, body?: unknown): Promise<Record<string, unknown>> {
    const { statusCode, body: said } = await this.world.call(this.process, method, url, body);
    if (statusCode >= 300) throw new Error(`${method} ${url} → ${statusCode} ${said}`);
    return JSON.parse(said) as Record<string, unknown>;
  }

  private async deliverAll(): Promise<void> {
    const { chaos, world } = this;
    const { drawn } = chaos;
    if (drawn.erased !== undefined && chaos.erasure === 'asked') {
      const answer = await world.call(this.process, 'DELETE', `/v1/profiles/customer_id:${customerIdOf(drawn.erased)}`);
      // Not found: it was done, though nobody was told, or there was nobody to forget.
      const { rows } = await world.database.pool.query('SELECT FROM erased_identifiers LIMIT 1');
      chaos.erasure = answer.statusCode === 200 || rows.length > 0 ? 'done' : 'none';
    }
    for (let person = 0; person < drawn.people; person++) {
      if (person !== drawn.erased) chaos.letters.push(factLetter(linkingFact(person, world.now, 1)));
    }
    for (const letter of chaos.letters.filter((one) => !one.isAcknowledged)) {
      const isAcknowledged = await this.process.virtual.within(() => letter.send(this.process));
      if (!isAcknowledged) throw new Error(`${letter.name} is refused, though nothing goes wrong.`);
      letter.isAcknowledged = true;
    }
  }

  /** Works off what is due as of now. */
  async rest(): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      await this.world.gates.settle();
      await skipEmptyLanes(this.world);
      await this.takeJobs();
      const left = await whatIsLeft(this.world.database);
      if (Object.values(left).every((count) => count === '0')) return;
      // What waits for its turn at a destination, or for a claim to end, does so by the database's clock.
      const isPatient = looks % PATIENT_LOOKS < PATIENT_LOOKS - 1;
      if (left.owed !== '0') await this.world.setClock(this.world.now + (isPatient ? A_TURN_MS : LEASE_MS));
      await this.fireTimers();
    }
    throw new Error(`There is no end of work: ${JSON.stringify(await whatIsLeft(this.world.database))}`);
  }

  /** The figures of links as they are kept once everybody is counted, and as the log has them. */
  async figures(): Promise<{ kept: string[]; recounted: string[] }> {
    const { database } = this.world;
    const isOver = async (): Promise<boolean> => {
      const { clicks, reclassifications } = await whatIsLeft(database);
      return clicks === '0' && reclassifications === '0' && (await isCounted(database));
    };
    for (let looks = 0; !(await isOver()); looks++) {
      if (looks === MOST_LOOKS) throw new Error('There is no end of counting.');
      await this.fireTimers();
    }
    const { app, virtual } = this.process;
    return {
      kept: await keptFigures(database),
      recounted: await virtual.within(() => recountedFigures({ app }, database)),
    };
  }

  private async fireTimers(): Promise<void> {
    this.process.virtual.fireEach();
    await this.world.gates.settle();
  }

  private async takeJobs(): Promise<void> {
    const { broker, gates } = this.world;
    for (let ready = broker.ready(); ready.length > 0; ready = broker.ready()) {
      for (const worker of ready) worker.process!.within(() => void broker.take(worker));
      await gates.settle();
    }
  }

  /** Until nothing waits for its time to be sent; what was given up is sent again, and what was ignored is found. */
  async untilDelivered(): Promise<void> {
    await this.untilNothingIsOwed();
    await this.must('POST', '/v1/outbox/dead-letters/requeue', {});
    await this.rest();
    await this.untilNothingIsOwed();
    await this.must('POST', '/v1/destinations/customerio/reconciliations', {});
    for (let looks = 0; await this.isReconciling(); looks++) {
      if (looks === MOST_LOOKS) throw new Error('There is no end of the reconciliation.');
      await this.world.setClock(this.world.now + A_MOMENT_MS); // it may read only so often
      await this.fireTimers();
    }
    await this.rest();
    await this.untilNothingIsOwed();
  }

  private async untilNothingIsOwed(): Promise<void> {
    const { pool } = this.world.database;
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const { rows } = await pool.query<{ at: Date | null }>(
        'SELECT min(greatest(due_at, claimed_until)) AS at FROM outbox WHERE due_at IS NOT NULL OR claim IS NOT NULL',
      );
      const at = rows[0]!.at?.getTime();
      if (at === undefined) return;
      // Nothing passes to a destination that failed for a while; what rests on a late source waits for up to a day.
      await this.go(Math.max(at, this.world.now + (looks > PATIENT_LOOKS ? HOUR : A_WHILE_MS)));
    }
    const { rows: owed } = await pool.query('SELECT * FROM outbox WHERE due_at IS NOT NULL OR claim IS NOT NULL');
    throw new Error(`There is no end of what is owed to the destination: ${JSON.stringify(owed)}`);
  }

  private async isReconciling(): Promise<boolean> {
    const { pool } = this.world.database;
    const { rows } = await pool.query('SELECT FROM reconciliations WHERE finished_at IS NULL LIMIT 1');
    return rows.length > 0;
  }
}
