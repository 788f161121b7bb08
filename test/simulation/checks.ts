import type { Pool } from 'pg';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventName, Rule } from '../../src/core/rule.js';
import { ClickClassifier } from '../../src/ctas/click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS } from '../../src/ctas/click-class-settings.js';
import { CtaCatalogue } from '../../src/ctas/cta-catalogue.js';
import type { CtaDefinition } from '../../src/ctas/cta-pattern.js';
import { RETENTION } from '../support/builders.js';
import { naiveValue } from '../support/naive-evaluator.js';
import { changeInstants } from '../support/naive-instants.js';
import type { NaiveWorld } from '../support/naive-world.js';
import type { Calm } from './calm.js';
import { customerIdOf } from './drawn-world.js';
import { segmentIdOf } from './set-up.js';
import type { SimulatedWorld } from './simulated-world.js';

const WALKS = 4;

/** Brings everything to rest and returns what does not hold then, or does not as time goes on alone. */
export async function everythingHolds(
  world: SimulatedWorld,
  calm: Calm,
  say: (line: string) => void,
): Promise<string[]> {
  const { pool } = world.database;
  await calm.come();
  // Of whom something is told again afterwards, everything is counted again.
  const early = await wrongFigures(calm);
  await calm.arrive();
  const wrong = [
    ...early,
    ...(await wrongEvents(pool, calm)),
    ...(await wrongClicks(pool, calm)),
    ...(await wrongAtRest(world, calm)),
  ];
  const known = await readKnown(pool);
  const arrivedAt = world.now;
  const instants = [...known.worlds.values()].flatMap((one) => one.events.map((event) => event.occurredAt));
  const earliest = Math.min(...instants, arrivedAt);
  for (let walk = 0; walk < WALKS; walk++) {
    const { rows } = await pool.query<{ at: Date | null }>(
      'SELECT min(evaluate_at) AS at FROM profiles WHERE evaluate_at > turnout_now()',
    );
    const at = rows[0]!.at?.getTime();
    // As long as every event counts: the second writing of the rules knows of no retention.
    if (at === undefined || at - earliest >= RETENTION) break;
    await calm.go(at);
  }
  wrong.push(...(await wrongChanges(pool, known, { from: arrivedAt, to: world.now })));
  await calm.untilDelivered();
  wrong.push(...(await wrongAtRest(world, calm)), ...(await wrongFigures(calm)));
  for (const line of await heldInTheEnd(world)) say(line);
  return [...new Set(wrong)];
}

/** Every event that was acknowledged is stored once, and none of somebody who was erased. */
async function wrongEvents(pool: Pool, { chaos }: Calm): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; times: number }>(
    `SELECT id, count(*)::int AS times FROM (SELECT id FROM events UNION ALL SELECT event_id FROM waiting_events) AS all_of
      GROUP BY id`,
  );
  const stored = new Map(rows.map((row) => [row.id, row.times]));
  const erased = chaos.erasure === 'done' ? chaos.drawn.erased : undefined;
  const isErased = (name: string): boolean => erased !== undefined && name.startsWith(`fact p${erased}-`);
  const refused = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM dead_letters WHERE reason NOT IN ('erased', 'unknown_topic')`,
  );
  const wrong = chaos.letters.flatMap(({ name, ids }) =>
    [...new Set(ids)].flatMap((id) => {
      const times = stored.get(id) ?? 0;
      const wanted = isErased(name) ? 0 : 1;
      return times === wanted ? [] : [`${name}: its event ${id} is stored ${times} times instead of ${wanted}`];
    }),
  );
  if (refused.rows[0]!.n > 0)
    wrong.push(`${refused.rows[0]!.n} events are kept aside, though nothing is wrong with them`);
  return wrong;
}

/** Whoever was led on by a link clicked once, whoever was not did not; of whoever was erased nothing is kept under their name. */
async function wrongClicks(pool: Pool, { chaos }: Calm): Promise<string[]> {
  const { rows } = await pool.query<{ hash: string; times: number; isNamed: boolean }>(
    `SELECT properties ->> 'agent_hash' AS hash, count(*)::int AS times, bool_or(is_named) AS "isNamed"
       FROM (SELECT properties, true AS is_named FROM events WHERE source = 'links'
             UNION ALL SELECT properties, false FROM anonymous_clicks) AS all_of GROUP BY 1`,
  );
  const stored = new Map(rows.map((row) => [row.hash, row]));
  const erased = chaos.erasure === 'done' ? chaos.drawn.erased : undefined;
  const wrong = chaos.visitors.visits.flatMap(({ number, agentHash, person, outcome }) => {
    const { times, isNamed } = stored.get(agentHash) ?? { times: 0, isNamed: false };
    const isErased = person !== undefined && person === erased;
    const least = outcome === 'led on' && !isErased ? 1 : 0;
    const most = outcome === 'refused' ? 0 : 1;
    if (times < least || times > most) return [`visit ${number} (${outcome ?? 'unanswered'}) is ${times} clicks`];
    return isErased && isNamed ? [`visit ${number} is kept, though it was of somebody who was erased`] : [];
  });
  return [...wrong, ...chaos.visitors.misled];
}

/** The reports of links say what a recount would. */
async function wrongFigures(calm: Calm): Promise<string[]> {
  const { kept, recounted } = await calm.figures();
  const [isKept, isRight] = [new Set(kept), new Set(recounted)];
  return [
    ...kept.filter((line) => !isRight.has(line)).map((line) => `the reports say ${line}`),
    ...recounted.filter((line) => !isKept.has(line)).map((line) => `the reports do not say ${line}`),
  ];
}

async function wrongAtRest(world: SimulatedWorld, calm: Calm): Promise<string[]> {
  const { pool } = world.database;
  const known = await readKnown(pool);
  return [
    ...(await wrongLogs(pool)),
    ...(await wrongMemberships(pool, known)),
    ...(await wrongPeople(pool, calm)),
    ...(await wrongAtDestination(world, calm)),
    ...(await wrongDecisions(world, calm)),
  ];
}

/** Each log alternates without a gap, never goes back in time, and ends in what is held. */
async function wrongLogs(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ profile_id: string; key: string; said: string }>(
    `SELECT m.profile_id, key, coalesce(string_agg(t.ordinal || ' ' || t.kind || ' ' || t.cause, ', ' ORDER BY t.ordinal), '') AS said
       FROM memberships m JOIN segments ON segments.id = m.segment_id
       LEFT JOIN transitions t ON (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id)
      GROUP BY m.lane, m.profile_id, m.segment_id, key, m.is_member, m.ordinal
     HAVING m.is_member <> (m.ordinal % 2 = 1) OR m.ordinal <> count(t.ordinal)
         OR m.ordinal <> coalesce(max(t.ordinal), 0)
         OR bool_or((t.kind = 'entered') <> (t.ordinal % 2 = 1))`,
  );
  const { rows: back } = await pool.query<{ profile_id: string; key: string }>(
    `SELECT DISTINCT profile_id, key FROM (
       SELECT *, lag(at) OVER (PARTITION BY lane, profile_id, segment_id ORDER BY ordinal) AS before FROM transitions
     ) AS logged JOIN segments ON segments.id = segment_id WHERE at < before`,
  );
  return [
    ...rows.map((row) => `the log of ${row.profile_id} in ${row.key} does not replay: ${row.said}`),
    ...back.map((row) => `the log of ${row.profile_id} in ${row.key} goes back in time`),
  ];
}

/** All that is stored, as the second writing of the rules takes it. */
interface Known {
  asOf: number;
  rules: Readonly<Record<string, Rule>>;
  worlds: ReadonlyMap<string, NaiveWorld>;
}

async function readKnown(pool: Pool): Promise<Known> {
  const asOf = (await pool.query<{ now: Date }>('SELECT turnout_now() AS now')).rows[0]!.now.getTime();
  const published = await pool.query<{ key: string; rule: Rule }>(
    `SELECT key, rule FROM segments JOIN segment_versions ON segment_id = id AND version = published_version`,
  );
  const rules = Object.fromEntries(published.rows.map((row) => [row.key, row.rule]));
  const startsAt = await readStarts(pool);
  const catalogue = new CtaCatalogue((await pool.query<CtaDefinition>('SELECT key, kind, patterns FROM ctas')).rows);
  const classifier = new ClickClassifier(catalogue, DEFAULT_CLICK_CLASS_SETTINGS);
  const { rows } = await pool.query<HistoryEvent & { profile_id: string; occurred_at: Date }>(
    'SELECT * FROM events ORDER BY occurred_at, id',
  );
  const events = new Map<string, HistoryEvent[]>();
  for (const { profile_id: profile, occurred_at: at, id, name, properties } of rows) {
    events.set(profile, [...(events.get(profile) ?? []), { id, name, properties, occurredAt: at.getTime() }]);
  }
  const worlds = new Map<string, NaiveWorld>();
  for (const [profile, own] of events) {
    worlds.set(profile, { events: classifier.classify(own), startsAt, profile, segments: rules });
  }
  return { asOf, rules, worlds };
}

/** Of names that begin alike, the latest start; of a name that never came, none is known. */
async function readStarts(pool: Pool): Promise<(name: EventName) => number> {
  const { rows } = await pool.query<{ event_name: string; starts_at: Date }>('SELECT * FROM event_histories');
  return (wanted) => {
    const isNamed = (name: string): boolean =>
      typeof wanted === 'string' ? name === wanted : name.startsWith(wanted.startsWith);
    const starts = rows.filter((row) => isNamed(row.event_name)).map((row) => row.starts_at.getTime());
    const start = starts.length === 0 ? Infinity : Math.max(...starts);
    return start <= 0 ? -Infinity : start;
  };
}

async function wrongMemberships(pool: Pool, { asOf, rules, worlds }: Known): Promise<string[]> {
  const { rows } = await pool.query<{ profile_id: string; key: string }>(
    'SELECT profile_id, key FROM memberships JOIN segments ON id = segment_id WHERE is_member',
  );
  const held = new Set(rows.map((row) => `${row.profile_id} in ${row.key}`));
  const wrong: string[] = [];
  for (const [profile, known] of worlds) {
    for (const [key, rule] of Object.entries(rules)) {
      const should = naiveValue(rule, known, asOf) === 'true';
      const is = held.delete(`${profile} in ${key}`);
      if (is !== should) wrong.push(`${profile} is ${is ? '' : 'not '}in ${key}, as of ${asOf}`);
    }
  }
  return [...wrong, ...[...held].map((one) => `${one}, though nothing is known of them`)];
}

/** While only time passes, each log gets exactly the changes that the rules foretell, each at its instant. */
async function wrongChanges(
  pool: Pool,
  { rules, worlds }: Known,
  span: { from: number; to: number },
): Promise<string[]> {
  const { rows } = await pool.query<{ profile_id: string; key: string; said: string }>(
    `SELECT profile_id, key, string_agg(kind || ' ' || round(date_part('epoch', at) * 1000), ', ' ORDER BY ordinal) AS said
       FROM transitions JOIN segments ON id = segment_id WHERE at > $1 GROUP BY profile_id, key`,
    [new Date(span.from)],
  );
  const logged = new Map(rows.map((row) => [`${row.profile_id} in ${row.key}`, row.said]));
  const wrong: string[] = [];
  for (const [profile, known] of worlds) {
    for (const [key, rule] of Object.entries(rules)) {
      const expected = foretold(rule, known, span).join(', ');
      const found = logged.get(`${profile} in ${key}`) ?? '';
      if (found !== expected) wrong.push(`${profile} in ${key}: logged "${found}" instead of "${expected}"`);
    }
  }
  return wrong;
}

function foretold(rule: Rule, known: NaiveWorld, { from, to }: { from: number; to: number }): string[] {
  const isMember = (at: number): boolean => naiveValue(rule, known, at) === 'true';
  const changes: string[] = [];
  let before = isMember(from);
  for (const at of changeInstants(rule, known, from + 1, to)) {
    const now = isMember(at);
    if (now !== before) changes.push(`${now ? 'entered' : 'exited'} ${at}`);
    before = now;
  }
  return changes;
}

/** Everybody is one profile, and whoever was erased is none. */
async function wrongPeople(pool: Pool, { chaos }: Calm): Promise<string[]> {
  const { rows } = await pool.query<{ value: string; profiles: number }>(
    `SELECT i.value, count(DISTINCT o.profile_id)::int AS profiles
       FROM identifiers i JOIN identifiers o
         ON o.value = ANY(ARRAY[i.value, 'p' || i.value || '@example.com', 'cio' || i.value, 'device-' || i.value])
      WHERE i.kind = 'customer_id' AND o.kind IN ('customer_id', 'email', 'cio_id', 'anonymous_id') GROUP BY 1`,
  );
  const { erased } = chaos.drawn;
  const gone = chaos.erasure === 'done' && erased !== undefined ? customerIdOf(erased) : undefined;
  return rows.flatMap(({ value, profiles }) => {
    if (value === gone) return [`${value} was erased and is known`];
    return profiles === 1 ? [] : [`${value} is ${profiles} profiles`];
  });
}

/** Customer.io holds whom we hold, and no one was ever told of twice at once. */
async function wrongAtDestination(world: SimulatedWorld, { chaos }: Calm): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ id: string; members: string[] }>(
    `SELECT pushed.value ->> 'segmentId' AS id,
            coalesce(array_agg(i.value ORDER BY i.value) FILTER (WHERE is_member AND kind = 'customer_id'), '{}') AS members
       FROM segments JOIN segment_versions v ON v.segment_id = segments.id AND version = published_version
       CROSS JOIN LATERAL jsonb_array_elements(push) AS pushed
       LEFT JOIN memberships m ON m.segment_id = segments.id AND is_member
       LEFT JOIN identifiers i ON i.profile_id = m.profile_id
      GROUP BY 1`,
  );
  const ours = new Map(rows.map((row) => [row.id, row.members.join()]));
  const wrong = chaos.drawn.segments.flatMap(({ key }) => {
    const id = segmentIdOf(chaos.drawn, key);
    const theirs = world.customerio.segmentMembers(id).sort().join();
    const held = ours.get(String(id)) ?? '';
    return theirs === held ? [] : [`Customer.io holds ${theirs || 'nobody'} in ${key}, and we ${held || 'nobody'}`];
  });
  for (const subject of world.meetings) wrong.push(`two requests were under way about segment ${subject}`);
  return wrong;
}

/** None waits that could be settled, whoever asked for the same run was answered the same, and each was told once. */
async function wrongDecisions(world: SimulatedWorld, { chaos }: Calm): Promise<string[]> {
  const first = new Map<string, string>();
  const wrong: string[] = [];
  for (const { run, point, id } of chaos.answers) {
    const pin = `${point} ${run}`;
    if ((first.get(pin) ?? id) !== id) wrong.push(`${pin} was answered by two decisions`);
    first.set(pin, first.get(pin) ?? id);
  }
  const { rows } = await world.database.pool.query<{ id: string; isKnown: boolean; isTold: boolean; isOpen: boolean }>(
    `SELECT id, branch IS NOT NULL AND profile_id IS NOT NULL AS "isTold", profile_id IS NOT NULL AS "isKnown",
            branch IS NULL AND settles_at <= turnout_now() AND reason <> 'STALE' AS "isOpen" FROM decisions`,
  );
  const told = new Set(world.customerio.events('turnout_branch_decided').map((event) => event.id));
  const ids = new Set(rows.map((row) => row.id));
  for (const id of first.values()) {
    if (!ids.has(id) && chaos.erasure !== 'done') wrong.push(`the decision ${id} was answered and is not known`);
  }
  for (const { id, isTold, isOpen } of rows) {
    if (isOpen) wrong.push(`the decision ${id} could be settled`);
    if (isTold && !told.has(id)) wrong.push(`Customer.io was not told of the decision ${id}`);
  }
  return wrong;
}

/** What is held in the end, without what is drawn by the database. */
async function heldInTheEnd(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ line: string }>(
    `SELECT concat_ws(' ', profile_id, key, ordinal, kind, at, version, cause) AS line
       FROM transitions JOIN segments ON id = segment_id ORDER BY profile_id, key, ordinal`,
  );
  return rows.map((row) => row.line);
}
