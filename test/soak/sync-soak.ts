import type { Pool } from 'pg';
import type { CustomerioServer } from '../support/customerio-server/customerio-server.js';
import {
  emptyBody,
  garbledBody,
  html502,
  refusedItems,
  resetAfter,
  resetBefore,
  slow,
  status,
  timeoutAfterApplying,
  timeoutBeforeApplying,
  wrongCounts,
  type Fault,
} from '../support/customerio-server/faults.js';
import { nameOf as personName } from '../support/customerio-server/state.js';
import { randomNumbers } from '../support/random-numbers.js';
import type { TurnoutClient } from '../support/turnout.js';

/** What random answers do; 429 is rare, since each of them stops all senders for a second. */
export const SOAK_FAULTS: readonly Fault[] = [
  status(429, { 'Retry-After': '1' }),
  status(500),
  status(503),
  status(408),
  html502,
  timeoutBeforeApplying,
  timeoutAfterApplying,
  resetBefore,
  resetAfter,
  slow(300),
  emptyBody,
  garbledBody,
  refusedItems,
  wrongCounts,
];

export interface SoakOptions {
  changes: number;
  segments: number;
  people: number;
  seed: number;
  /** Share of the answers that go wrong. */
  faults: number;
  /** Gives up when nothing moves for so long. */
  patienceMs: number;
  say(line: string): void;
}

/** A service on a real clock, with at least one worker, and the stand-in that it pushes to. */
export interface SoakStage {
  client: TurnoutClient;
  pool: Pool;
  customerio: CustomerioServer;
}

export interface SoakResult {
  transitions: number;
  requests: number;
  /** The most in any second, by family. */
  mostTrack: number;
  mostApp: number;
  /** The most requests at once about one person in one segment. */
  mostInFlight: number;
  requeued: number;
  driftAfterRetries: number;
  tampered: number;
  found: number;
  driftAfterReconciliation: number;
  lostEvents: number;
}

/**
 * Random people come into and leave random segments while the destination misbehaves; then the destination is tampered with
 * and reconciled once. Says how far what it holds is from what we hold, each time.
 */
export async function soak(stage: SoakStage, options: SoakOptions): Promise<SoakResult> {
  const { customerio } = stage;
  const draw = randomNumbers(options.seed);
  await publish(stage, options);
  customerio.faults.random(options.seed, options.faults, SOAK_FAULTS);
  await change(stage, options, draw);
  let requeued = await atRest(stage, options);
  const driftAfterRetries = await drift(stage, options);
  options.say(`everything sent; drift ${driftAfterRetries}`);
  const tampered = await tamper(stage, options, draw);
  const found = await reconcile(stage, options);
  requeued += await atRest(stage, options);
  const driftAfterReconciliation = await drift(stage, options);
  options.say(`tampered with ${tampered}, found ${found}; drift after one reconciliation ${driftAfterReconciliation}`);
  return {
    transitions: await transitions(stage),
    ...traffic(customerio),
    requeued,
    driftAfterRetries,
    tampered,
    found,
    driftAfterReconciliation,
    lostEvents: await unsent(stage),
  };
}

const nameOf = (n: number): string => `p${n}`;
const keyOf = (n: number): string => `soak-${n}`;

/** Half of the people are known at the destination before. */
async function publish({ client, customerio }: SoakStage, { segments, people }: SoakOptions): Promise<void> {
  for (let n = 0; n < people; n += 2) customerio.seedPerson({ id: nameOf(n) });
  for (let n = 1; n <= segments; n++) {
    customerio.seedSegment({ id: n, name: keyOf(n) });
    await client.must('POST', `/v1/segments/${keyOf(n)}/manual`, { push: { customerio: { segmentId: n } } });
  }
}

/** Uploads lists that take people in or out, until so many memberships have changed. */
async function change({ client }: SoakStage, options: SoakOptions, draw: () => number): Promise<void> {
  let made = 0;
  for (let round = 0; made < options.changes; round++) {
    const key = keyOf(1 + Math.floor(draw() * options.segments));
    const share = 0.05 + draw() * 0.2;
    const people = Array.from({ length: options.people }, (_, n) => nameOf(n)).filter(() => draw() < share);
    const isMember = draw() < 0.6;
    const body = people
      .slice(0, options.changes - made)
      .map((id) => JSON.stringify({ customer_id: id }))
      .join('\n');
    const answer = await fetch(`${client.url}/v1/segments/${key}/members?mode=${isMember ? 'add' : 'remove'}`, {
      method: 'PUT',
      headers: { authorization: client.authorization, 'content-type': 'application/x-ndjson' },
      body,
    });
    if (!answer.ok) throw new Error(`An upload was answered ${answer.status}: ${await answer.text()}`);
    const { added, removed } = (await answer.json()) as { added: number; removed: number };
    made += added + removed;
    if (round % 20 === 0) options.say(`${made} of ${options.changes} changes made`);
  }
}

/** Waits until nothing is owed; what was refused is sent again, as an operator would. Returns how many that were. */
async function atRest({ client, pool }: SoakStage, { patienceMs, say }: SoakOptions): Promise<number> {
  let requeued = 0;
  let last = '';
  for (let deadline = performance.now() + patienceMs; performance.now() < deadline;) {
    const { rows } = await pool.query<{ owed: string; failed: string; sent: string }>(
      `SELECT count(*) FILTER (WHERE due_at IS NOT NULL OR claim IS NOT NULL) AS owed,
              count(*) FILTER (WHERE failed_at IS NOT NULL) AS failed, sum(coalesce(accepted_version, 0)) AS sent FROM outbox`,
    );
    const { owed, failed } = rows[0]!;
    if (owed === '0' && failed === '0') return requeued;
    if (failed !== '0')
      requeued += (await client.must('POST', '/v1/outbox/dead-letters/requeue', {})).requeued as number;
    const now = JSON.stringify(rows[0]);
    if (now !== last) {
      deadline = performance.now() + patienceMs;
      if (last === '' || performance.now() - said > 10_000) {
        say(`${owed} owed`);
        said = performance.now();
      }
    }
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Nothing moved for ${patienceMs} ms; left: ${last}`);
}

let said = 0;

/** People whom the destination holds and should not, or should and does not. */
async function drift({ pool, customerio }: SoakStage, { segments }: SoakOptions): Promise<number> {
  let count = 0;
  for (let n = 1; n <= segments; n++) {
    const { rows } = await pool.query<{ value: string }>(
      `SELECT value FROM memberships JOIN segments ON segments.id = segment_id
         JOIN identifiers ON identifiers.profile_id = memberships.profile_id AND kind = 'customer_id'
        WHERE key = $1 AND is_member`,
      [keyOf(n)],
    );
    const wanted = new Set(rows.map((row) => row.value));
    const held = new Set(customerio.segmentMembers(n));
    count += [...wanted].filter((id) => !held.has(id)).length + [...held].filter((id) => !wanted.has(id)).length;
  }
  return count;
}

/** Takes some members out behind our back, and puts some in who are none. Whom we never heard of is not ours to take out again. */
async function tamper({ customerio, pool }: SoakStage, { segments }: SoakOptions, draw: () => number): Promise<number> {
  const { rows } = await pool.query<{ value: string }>(`SELECT value FROM identifiers WHERE kind = 'customer_id'`);
  const known = new Set(rows.map((row) => row.value));
  const people = customerio.people().filter((person) => known.has(personName(person)));
  let count = 0;
  for (let n = 1; n <= segments; n++) {
    const { members } = customerio.segment(n)!;
    for (const person of people) {
      if (draw() > 0.02) continue;
      if (members.has(person)) members.delete(person);
      else members.add(person);
      count += 1;
    }
  }
  return count;
}

/** One comparison of each segment; one that could not be carried out, as the App API fails too, is asked for again. */
async function reconcile({ client, pool }: SoakStage, { segments, say }: SoakOptions): Promise<number> {
  const runs = '/v1/destinations/customerio/reconciliations';
  const open = new Set(Array.from({ length: segments }, (_, n) => String(n + 1)));
  let found = 0;
  while (open.size > 0) {
    for (const segmentId of open) await client.must('POST', runs, { segmentId });
    const { rows: last } = await pool.query<{ id: string }>('SELECT max(id) AS id FROM reconciliations');
    for (let waiting = 1; waiting > 0; await new Promise((resolve) => setTimeout(resolve, 200))) {
      const { rows } = await pool.query<{ count: number }>(
        'SELECT count(*)::integer AS count FROM reconciliations WHERE finished_at IS NULL AND id <= $1',
        [last[0]!.id],
      );
      waiting = rows[0]!.count;
    }
    const { rows } = await pool.query<{ segment: string; drift: number }>(
      `SELECT external_segment_id AS segment, (missing + extra)::integer AS drift FROM reconciliations
        WHERE problem IS NULL AND external_segment_id = ANY($1)`,
      [[...open]],
    );
    for (const row of rows) {
      open.delete(row.segment);
      found += row.drift;
    }
    if (open.size > 0) say(`${open.size} segments could not be read; asked for again`);
  }
  return found;
}

async function transitions({ pool }: SoakStage): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM transitions');
  return rows[0]!.count;
}

/** Messages that are neither accepted nor known not to be needed. */
async function unsent({ pool }: SoakStage): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM outbox
      WHERE due_at IS NOT NULL OR failed_at IS NOT NULL OR holds IS DISTINCT FROM (payload ->> 'isMember')::boolean`,
  );
  return rows[0]!.count;
}

function traffic(
  customerio: CustomerioServer,
): Pick<SoakResult, 'requests' | 'mostTrack' | 'mostApp' | 'mostInFlight'> {
  const seconds = { track: new Map<number, number>(), app: new Map<number, number>() };
  for (const { path, receivedAt } of customerio.requests()) {
    const counts = path.startsWith('/api/') ? seconds.track : seconds.app;
    const second = Math.floor(receivedAt / 1_000);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return {
    requests: customerio.requests().length,
    mostTrack: Math.max(0, ...seconds.track.values()),
    mostApp: Math.max(0, ...seconds.app.values()),
    mostInFlight: customerio.mostInFlight(),
  };
}
