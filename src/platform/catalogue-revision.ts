import type { ClientBase, QueryResult } from 'pg';
import type { DataSource } from 'typeorm';
import { now } from './clock.js';
import { answersOf, prepared, query, type Transaction } from './database.js';
import { LANES } from './lanes.js';

/** The number of the last change to anything declared: rules, CTAs, journeys, source histories. */
export async function catalogueRevision(tx: Transaction): Promise<number> {
  const [row] = await query<{ revision: string }>(tx, 'SELECT revision FROM catalogue');
  return Number(row!.revision);
}

/** The same, and nothing declared can change until the transaction ends. */
export async function heldCatalogueRevision(tx: Transaction): Promise<number> {
  await lockDeclared(tx);
  const [row] = await query<{ revision: string }>(tx, 'SELECT revision FROM catalogue FOR UPDATE');
  return Number(row!.revision);
}

const DECLARED_LOCK = `hashtextextended('what is declared', 0)`;

/**
 * The present instant; nothing declared can change until the transaction ends. For whoever evaluates what nobody else can
 * see yet: a change that came in between would not find it when it looks for all that it alters. To be asked before any
 * row is locked, since it may wait for such a change.
 */
export async function nowWithDeclaredHeld(tx: Transaction): Promise<number> {
  const [row] = await prepared<{ now: Date }>(
    tx,
    'now_with_declared_held',
    // The instant after the wait: what comes in then was not known before.
    `SELECT turnout_now() AS now FROM (SELECT pg_advisory_xact_lock_shared(${DECLARED_LOCK}) OFFSET 0) AS held`,
    [],
  );
  return row!.now.getTime();
}

/** Waits for all who hold what is declared as it is. */
async function lockDeclared(tx: Transaction): Promise<void> {
  await query(tx, `SELECT pg_advisory_xact_lock(${DECLARED_LOCK})`);
}

/** As of when something is evaluated, and under what was declared then. */
export interface Present {
  now: number;
  revision: number;
  /** The last revision that memberships rest on: who was evaluated under it, or a later one, was judged as one would today. */
  rulesRevision: number;
}

interface PresentRow {
  now: Date;
  revision: string;
  rules_revision: string;
}

const PRESENT = 'SELECT turnout_now() AS now, revision, rules_revision FROM catalogue';

export async function presentOf(tx: Transaction): Promise<Present> {
  const [row] = await prepared<PresentRow>(tx, 'present', PRESENT, []);
  return presentIn(row!);
}

function presentIn({ now, revision, rules_revision }: PresentRow): Present {
  return { now: now.getTime(), revision: Number(revision), rulesRevision: Number(rules_revision) };
}

const BEGIN_SNAPSHOT = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${PRESENT}`;

/**
 * Reads in one snapshot. Its present is told in the round trip that begins it, and so is what is read `ahead`, which can't
 * depend on the present. Whoever waits for what was read does not wait for the snapshot's end.
 */
export async function inSnapshot<A, T>(
  dataSource: DataSource,
  ahead: (tx: Transaction) => Promise<A>,
  read: (tx: Transaction, present: Present, known: A) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let client: ClientBase | undefined;
  try {
    client = (await runner.connect()) as ClientBase;
    // Several statements at once have several results.
    const [begun, known] = await answersOf(client.query(BEGIN_SNAPSHOT) as Promise<unknown>, ahead(runner.manager));
    const [, present] = begun as QueryResult<PresentRow>[];
    return await read(runner.manager, presentIn(present!.rows[0]!), known);
  } finally {
    const end = async (): Promise<void> => {
      // Where the end itself was cut short (cancelled, out of its time), the snapshot is still open. A connection that can't
      // go back either is broken, and leaves the pool.
      await client
        ?.query('COMMIT')
        .catch(() => client!.query('ROLLBACK'))
        .catch(() => undefined);
      await runner.release();
    };
    end().catch(() => undefined);
  }
}

/**
 * To be called in the transaction of every such change. It also makes concurrent changes wait for each other. A number that
 * was undone is nobody else's: somebody may have compiled what was to be in force under it.
 */
export async function raiseCatalogueRevision(tx: Transaction): Promise<number> {
  await lockDeclared(tx);
  const [row] = await query<{ revision: string }>(
    tx,
    `UPDATE catalogue SET (revision, rules_revision) = (SELECT next, next FROM nextval('catalogue_revisions') AS next)
     RETURNING revision`,
  );
  return Number(row!.revision);
}

/** The same for a change that no membership rests on, such as that of a journey. */
export async function raiseRevisionBesideRules(tx: Transaction): Promise<void> {
  await lockDeclared(tx);
  await query(tx, `UPDATE catalogue SET revision = nextval('catalogue_revisions')`);
}

/**
 * Raises the revision for a change that may alter memberships, and has every profile looked at again as of this instant
 * (a backfill, worked off lane by lane; who is stored later is evaluated under the new revision). Returns the new
 * revision and the instant, in epoch milliseconds.
 */
export async function raiseRuleRevision(tx: Transaction): Promise<{ revision: number; at: number }> {
  const revision = await raiseCatalogueRevision(tx);
  const at = await now(tx);
  await query(
    tx,
    `INSERT INTO backfills (lane, after_id, effective_at)
     SELECT lane, 0, $2 FROM generate_series(0, $1 - 1) AS lanes (lane)
      WHERE EXISTS (SELECT FROM profiles WHERE profiles.lane = lanes.lane)
     ON CONFLICT (lane) DO UPDATE SET after_id = 0, effective_at = excluded.effective_at`,
    [LANES, new Date(at)],
  );
  return { revision, at };
}

/**
 * Something declared, compiled once and kept until the catalogue's revision moves on. The revision is asked for in the
 * caller's transaction, so that no process works with rules that another has replaced.
 */
export class DeclaredCache<T> {
  private kept: { revision: number; value: T } | undefined;

  constructor(private readonly load: (tx: Transaction) => Promise<T>) {}

  /** What was loaded last, however old; for when it can't be asked whether it still holds. */
  get last(): T | undefined {
    return this.kept?.value;
  }

  async current(tx: Transaction, revision: number): Promise<T> {
    if (this.kept?.revision === revision) return this.kept.value;
    const value = await this.load(tx);
    // Loaded after the revision was read, the value may be newer than it says; never older. The next caller reloads.
    this.kept = { revision, value };
    return value;
  }
}
