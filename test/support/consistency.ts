import type { Pool } from 'pg';
import { RuleCompiler, type Plan } from '../../src/core/compile-rule.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History, type HistoryStart } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventName, Rule } from '../../src/core/rule.js';
import { ClickClassifier } from '../../src/ctas/click-classifier.js';
import { DEFAULT_CLICK_CLASS_SETTINGS } from '../../src/ctas/click-class-settings.js';
import { CtaCatalogue } from '../../src/ctas/cta-catalogue.js';
import type { CtaDefinition } from '../../src/ctas/cta-pattern.js';
import { parseConfig } from '../../src/platform/config.js';

/** How long events count in the services that tests start. */
const RETENTION = parseConfig({}).retentionMs;

/** What must hold at rest, read straight from the database. */
export interface Inconsistencies {
  /** Memberships whose log does not replay to them. */
  unreplayed: number;
  /** Profiles and segments in which the stored membership is not what the rule says of the stored events. */
  wrong: string[];
}

/** Who is in a segment, by customer id, in order. */
export async function memberIds(pool: Pool, key: string): Promise<string[]> {
  const { rows } = await pool.query<{ value: string }>(
    `SELECT value FROM memberships m JOIN segments s ON s.id = segment_id JOIN identifiers i ON i.profile_id = m.profile_id
      WHERE s.key = $1 AND is_member AND kind = 'customer_id' ORDER BY value`,
    [key],
  );
  return rows.map((row) => row.value);
}

/** Compares every membership with its log, and with the rule applied to the whole event log as of now. */
export async function inconsistencies(pool: Pool, rules: Record<string, Rule>): Promise<Inconsistencies> {
  const { rows: unreplayed } = await pool.query(
    `SELECT FROM memberships m
      WHERE m.is_member <> (m.ordinal % 2 = 1)
         OR m.ordinal <> (SELECT count(*) FROM transitions t
                           WHERE (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id))`,
  );
  const { asOf, histories } = await readWorld(pool);
  const held = await heldMemberships(pool);
  const wrong: string[] = [];
  for (const [key, plan] of plansOf(rules)) {
    for (const [profile, { history }] of histories) {
      const expected = evaluate(plan, history, asOf).isMember;
      if (expected !== (held.get(`${profile} ${key}`)?.isMember ?? false))
        wrong.push(`${profile} in ${key}: should be ${expected}`);
    }
  }
  return { unreplayed: unreplayed.length, wrong };
}

/**
 * Profiles and segments whose stored timers are not those that the rules give as of now: when a membership changes next,
 * and the earliest of these, when the profile is looked at. Who has an event ahead is due then and is passed over.
 */
export async function wrongTimers(pool: Pool, rules: Record<string, Rule>): Promise<string[]> {
  const { asOf, histories } = await readWorld(pool);
  const held = await heldMemberships(pool);
  const { rows } = await pool.query<{ id: string; evaluate_at: Date | null }>('SELECT id, evaluate_at FROM profiles');
  const lookedAt = new Map(rows.map((row) => [row.id, row.evaluate_at?.getTime() ?? null]));
  const plans = plansOf(rules);
  const wrong: string[] = [];
  for (const [profile, { history, latest }] of histories) {
    if (latest > asOf) continue;
    const due = [...plans].map(([key, plan]) => {
      const expected = nextChange(plan, history, asOf);
      const dueAt = held.get(`${profile} ${key}`)?.dueAt ?? null;
      if (dueAt !== expected) wrong.push(`${profile} in ${key}: due ${said(dueAt)}, should be ${said(expected)}`);
      return expected ?? Infinity;
    });
    const [first, evaluateAt] = [Math.min(...due), lookedAt.get(profile) ?? Infinity];
    if (evaluateAt !== first) wrong.push(`${profile}: looked at ${said(evaluateAt)}, should be ${said(first)}`);
  }
  return wrong;
}

function plansOf(rules: Record<string, Rule>): Map<string, Plan> {
  const compiler = new RuleCompiler(new Map(Object.entries(rules)));
  return new Map(Object.entries(rules).map(([key, rule]) => [key, compiler.plan(rule)]));
}

/** The next instant at which somebody is a member who was none, or the other way round; null: never. */
function nextChange(plan: Plan, history: History, asOf: number): number | null {
  const { isMember, nextChangeAt } = evaluate(plan, history, asOf);
  let at = nextChangeAt;
  while (at !== null) {
    const next = evaluate(plan, history, at);
    if (next.isMember !== isMember) break;
    at = next.nextChangeAt;
  }
  return at;
}

function said(at: number | null): string {
  return at === null || at === Infinity ? 'never' : new Date(at).toISOString();
}

interface KnownProfile {
  history: History;
  /** When the last of its events happens. */
  latest: number;
}

/** All that is stored of everybody, as the core takes it. A profile begins with its first event: others are left out. */
async function readWorld(pool: Pool): Promise<{ asOf: number; histories: Map<string, KnownProfile> }> {
  const asOf = (await pool.query<{ now: Date }>('SELECT turnout_now() AS now')).rows[0]!.now.getTime();
  const startsAt = await historyStart(pool);
  const catalogue = new CtaCatalogue((await pool.query<CtaDefinition>('SELECT key, kind, patterns FROM ctas')).rows);
  const classifier = new ClickClassifier(catalogue, DEFAULT_CLICK_CLASS_SETTINGS);
  const { rows } = await pool.query<HistoryEvent & { profile_id: string; occurred_at: Date }>('SELECT * FROM events');
  const events = new Map<string, HistoryEvent[]>();
  for (const { profile_id: profile, occurred_at: at, id, name, properties } of rows) {
    const own = events.get(profile) ?? [];
    events.set(profile, [...own, { id, name, properties, occurredAt: at.getTime() }]);
  }
  const histories = new Map<string, KnownProfile>();
  for (const [profile, own] of events) {
    const instants = own.map((event) => event.occurredAt);
    const history = History.of(classifier.classify(own), { startsAt, profile, retention: RETENTION });
    if (Math.min(...instants) <= asOf) histories.set(profile, { history, latest: Math.max(...instants) });
  }
  return { asOf, histories };
}

/** Of names that begin alike, the latest start; what begins with 1970 was always there. */
async function historyStart(pool: Pool): Promise<HistoryStart> {
  const { rows } = await pool.query<{ event_name: string; starts_at: Date }>('SELECT * FROM event_histories');
  const isNamed = (wanted: EventName, name: string): boolean =>
    typeof wanted === 'string' ? name === wanted : name.startsWith(wanted.startsWith);
  return (wanted) => {
    const starts = rows.filter((row) => isNamed(wanted, row.event_name)).map((row) => row.starts_at.getTime());
    const start = starts.length === 0 ? Infinity : Math.max(...starts);
    return start <= 0 ? -Infinity : start;
  };
}

interface Held {
  isMember: boolean;
  dueAt: number | null;
}

/** By profile and segment. */
async function heldMemberships(pool: Pool): Promise<Map<string, Held>> {
  const { rows } = await pool.query<{ key: string; profile_id: string; is_member: boolean; due_at: Date | null }>(
    'SELECT key, profile_id, is_member, due_at FROM memberships JOIN segments ON id = segment_id',
  );
  return new Map(
    rows.map((row) => [
      `${row.profile_id} ${row.key}`,
      { isMember: row.is_member, dueAt: row.due_at?.getTime() ?? null },
    ]),
  );
}
