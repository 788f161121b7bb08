import pg from 'pg';
import type { Gates } from './gates.js';
import { ServerSessions, type Client } from './server-sessions.js';
import { currentProcess, type VirtualProcess } from './virtual-process.js';

/** How a statement of a simulated process goes. */
export type StatementFate =
  | { kind: 'runs' }
  /** It fails with this SQLSTATE, and its transaction with it. */
  | { kind: 'fails'; state: string }
  /** The connection is lost before the statement reaches the server, or before its answer reaches the process. */
  | { kind: 'cut before' }
  | { kind: 'cut after' }
  /** The process dies when the statement has been carried out. */
  | { kind: 'dies after' };

/** What the simulation sees of a statement. */
export interface Watch {
  gates(): Gates;
  /** The process is to be killed now. */
  kill(process: VirtualProcess): void;
  /** Ends a connection. Resolves when the server knows of it, and has rolled back what was open. */
  cutOff(client: Client): Promise<void>;
  /** A statement has been carried out. */
  done(process: VirtualProcess, label: string, result: string): void;
}

/** The last statement is kept: one that is begun before it is answered comes after it. */
type OneByOne = Client & { last?: Promise<unknown> };
type Callback = (error: Error | null, result?: unknown) => void;
type AnyFunction = (this: OneByOne, ...args: unknown[]) => unknown;

const NEVER = new Promise<never>(() => undefined);
const LABEL_LENGTH = 90;
/** How long a statement takes by the process's own clock: who works for so long has to come to an end. */
const A_STATEMENT_MS = 5;

/** Has every statement of a simulated process wait for the simulation. Once in a program. */
export function installVirtualPostgres(watch: Watch, sessions: ServerSessions): void {
  const prototype = pg.Client.prototype as unknown as { connect: AnyFunction; query: AnyFunction };
  const { connect, query } = prototype;

  prototype.connect = function (...args) {
    const process = currentProcess();
    if (!process) return connect.apply(this, args);
    if (process.isDead) return NEVER;
    process.clients.add(this);
    // Whoever uses the connection learns of its end by its statements; nobody need listen.
    this.on('error', () => undefined);
    const callback = args.at(-1) as Callback | undefined;
    // One after the other: who is connected first is not left to the network.
    const connected = watch.gates().during({ process, label: 'connect', pid: undefined }, () => {
      const own = process.connecting.then(() => {
        sessions.prepare(this);
        return connect.call(this);
      });
      process.connecting = own.catch(() => undefined);
      return own;
    });
    if (typeof callback !== 'function') return connected;
    connected.then(
      () => callback(null, this),
      (error: Error) => callback(error),
    );
    return undefined;
  };

  prototype.query = function (...args) {
    const process = currentProcess();
    const [statement] = args;
    const isStream = typeof (statement as { submit?: unknown }).submit === 'function';
    if (!process || isStream) return query.apply(this, args);
    if (process.isDead) return NEVER;
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const text = typeof statement === 'string' ? statement : (statement as { text: string }).text;
    const values = typeof statement === 'string' ? args[1] : (statement as { values?: unknown }).values;
    const detail = JSON.stringify(values) ?? '';
    const run = (sql?: string) =>
      (sql === undefined ? query.apply(this, args) : query.call(this, sql)) as Promise<unknown>;
    const answered = (this.last ?? Promise.resolve()).then(() =>
      process.isDead ? NEVER : carryOut(this, process, { text, detail, run }, watch),
    );
    this.last = answered.catch(() => undefined);
    if (!callback) return answered;
    answered.then(
      (result) => callback(null, result),
      (error: Error) => callback(error),
    );
    return undefined;
  };
}

interface Statement {
  text: string;
  /** Its parameters. */
  detail: string;
  run(insteadOfIt?: string): Promise<unknown>;
}

async function carryOut(client: Client, process: VirtualProcess, { text, detail, run }: Statement, watch: Watch) {
  const gates = watch.gates();
  const label = labelOf(text);
  const fate: StatementFate = process.isFree ? { kind: 'runs' } : await gates.pass(process, 'sql', label, detail);
  if (fate.kind === 'cut before') return lose(client, process, watch);
  const sql = fate.kind === 'fails' ? failing(fate.state) : undefined;
  process.elapsed += A_STATEMENT_MS;
  const result = await outcomeOf(() =>
    gates.during({ process, label, detail, pid: client.processID ?? undefined }, () => run(sql)),
  );
  if (process.isDead) return NEVER;
  watch.done(process, label, result.said);
  if (fate.kind === 'dies after') {
    watch.kill(process);
    return NEVER;
  }
  if (fate.kind === 'cut after') return lose(client, process, watch);
  if (result.error) throw result.error;
  return result.value;
}

interface StatementOutcome {
  value?: unknown;
  error?: Error;
  said: string;
}

async function outcomeOf(work: () => Promise<unknown>): Promise<StatementOutcome> {
  try {
    const value = await work();
    return { value, said: `${(value as { rowCount?: number | null }).rowCount ?? 0}` };
  } catch (error) {
    const { code } = error as { code?: string };
    return { error: error as Error, said: code ?? 'failed' };
  }
}

/** Both ends know that the connection is lost; what was open on it is rolled back. */
async function lose(client: Client, process: VirtualProcess, watch: Watch): Promise<never> {
  await watch.gates().during({ process, label: 'cut', pid: undefined }, () => watch.cutOff(client));
  if (process.isDead) return NEVER;
  throw new Error('Connection terminated unexpectedly');
}

function failing(state: string): string {
  return `DO $$ BEGIN RAISE EXCEPTION 'the simulation has it fail' USING ERRCODE = '${state}'; END $$`;
}

/** What is done and to which table, without what differs from one writing to another. */
function labelOf(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, LABEL_LENGTH);
}
