import { compileRule, type Plan } from '../../src/core/compile-rule.js';
import type { HistoryEvent } from '../../src/core/history-event.js';
import { parseRule } from '../../src/core/parse-rule.js';

export const DAY = 86_400_000;
export const HOUR = 3_600_000;

/** 2026-03-01T00:00:00.000Z, from which tests count. */
export const T0 = Date.UTC(2026, 2, 1);

export const RETENTION = 400 * DAY;

/** A checked and compiled rule; throws with the problems if it is not right. */
export function plan(rule: unknown): Plan {
  const parsed = parseRule(rule, RETENTION);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return compileRule(parsed.rule);
}

let counter = 0;

/** An event of a name at an instant, with an id of its own unless given. */
export function event(
  name: string,
  occurredAt: number,
  properties: Record<string, unknown> = {},
  id = `${name}-${++counter}`,
): HistoryEvent {
  return { id, name, occurredAt, properties };
}

export const click = (at: number, properties: Record<string, unknown> = {}, id?: string): HistoryEvent =>
  event('click', at, properties, id);

export const purchase = (at: number, properties: Record<string, unknown> = {}, id?: string): HistoryEvent =>
  event('purchase', at, properties, id);
