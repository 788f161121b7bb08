import type { Pool } from 'pg';
import { compileRule } from '../../src/core/compile-rule.js';
import { evaluate } from '../../src/core/evaluate.js';
import { History, type HistoryStart } from '../../src/core/history.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { Rule } from '../../src/core/rule.js';

/** What must hold at rest, read straight from the database. */
export interface Inconsistencies {
  /** Memberships whose log does not replay to them. */
  unreplayed: number;
  /** Profiles and segments in which the stored membership is not what the rule says of the stored events. */
  wrong: string[];
}

/** Compares every membership with its log, and with the rule applied to the whole event log as of now. */
export async function inconsistencies(pool: Pool, rules: Record<string, Rule>): Promise<Inconsistencies> {
  const { rows: unreplayed } = await pool.query(
    `SELECT FROM memberships m
      WHERE m.is_member <> (m.ordinal % 2 = 1)
         OR m.ordinal <> (SELECT count(*) FROM transitions t
                           WHERE (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id))`,
  );
  const startsAt = await historyStart(pool);
  const asOf = (await pool.query<{ now: Date }>('SELECT turnout_now() AS now')).rows[0]!.now.getTime();
  const histories = await eventsByProfile(pool);
  const members = await membersBySegment(pool);
  const wrong: string[] = [];
  for (const [key, rule] of Object.entries(rules)) {
    const plan = compileRule(rule, new Map(Object.entries(rules)));
    for (const [profile, events] of histories) {
      const expected = evaluate(plan, History.of(events, { startsAt, profile }), asOf).isMember;
      if (expected !== (members.get(key)?.has(profile) ?? false))
        wrong.push(`${profile} in ${key}: should be ${expected}`);
    }
  }
  return { unreplayed: unreplayed.length, wrong };
}

async function historyStart(pool: Pool): Promise<HistoryStart> {
  const { rows } = await pool.query<{ event_name: string; starts_at: Date }>('SELECT * FROM event_histories');
  const starts = new Map(rows.map((row) => [row.event_name, row.starts_at.getTime()]));
  return (name) => (typeof name === 'string' ? starts.get(name) : undefined) ?? Infinity;
}

async function eventsByProfile(pool: Pool): Promise<Map<string, HistoryEvent[]>> {
  const { rows } = await pool.query<HistoryEvent & { profile_id: string; occurred_at: Date }>('SELECT * FROM events');
  const histories = new Map<string, HistoryEvent[]>();
  for (const { profile_id: profile, occurred_at: at, id, name, properties } of rows) {
    const events = histories.get(profile) ?? [];
    histories.set(profile, [...events, { id, name, properties, occurredAt: at.getTime() }]);
  }
  return histories;
}

async function membersBySegment(pool: Pool): Promise<Map<string, Set<string>>> {
  const { rows } = await pool.query<{ key: string; profiles: string[] }>(
    `SELECT key, array_agg(profile_id) AS profiles FROM memberships JOIN segments ON id = segment_id
      WHERE is_member GROUP BY key`,
  );
  return new Map(rows.map((row) => [row.key, new Set(row.profiles)]));
}
