import type { Plan } from '../core/compile-rule.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { eventNamesOf, nameFits, type Matcher } from '../core/matcher.js';
import type { EventName } from '../core/rule.js';
import { CLICK } from '../ctas/click-class.js';

/** What is read of all profiles at once. */
export interface Gathering {
  plans: readonly Plan[];
  asOf: Instant;
  /** Top-level properties; events are read without any others. */
  properties: readonly string[];
  /** Read as a whole for as far back as anything of the plan is: what else must be known to class them. */
  classed: { names: readonly EventName[]; margin: number; properties: readonly string[] };
}

/** A statement that gives, for each profile that has any, its events as one text; and how to read that. */
export interface GatheringStatement {
  text: string;
  values: unknown[];
  decode: (gathered: string) => HistoryEvent[];
}

/** Never in JSON text, where control characters are escaped. */
const FIELD = '\u001f';
const EVENT = '\u001e';

/** What only classing tells of an event: it can't be asked of the log. */
const DERIVED: readonly string[] = ['cta', 'cta_kind', 'actor_class'];

/**
 * Gathers a superset of the events on which plans rest, by name, time and what can be asked of single events: what they
 * mean is not judged here. Their ids are left out, but not their order.
 */
export function gatheringOf(wanted: Gathering): GatheringStatement {
  const parameters = new Parameters();
  const names = exactNames(wanted);
  const properties = [...new Set([...wanted.properties, ...wanted.classed.properties])];
  const known = parameters.add(names, 'text[]');
  const fields = [
    `coalesce(array_position(${known}, name)::text, to_jsonb(name)::text)`,
    `(date_part('epoch', occurred_at) * 1000)::bigint::text`,
    ...properties.map((name) => `coalesce((properties -> ${parameters.add(name, 'text')})::text, '')`),
  ].join(` || E'\\x1f' || `);
  const conditions = wanted.plans.map((plan) => conditionOf(plan, wanted, parameters));
  const text = `
    SELECT profile_id, string_agg(${fields}, E'\\x1e' ORDER BY occurred_at, id) FROM events
     WHERE ${conditions.join(' OR ')} GROUP BY profile_id`;
  return { text, values: parameters.values, decode: (gathered) => decode(gathered, names, properties) };
}

function conditionOf(plan: Plan, { asOf, classed }: Gathering, parameters: Parameters): string {
  const isClassed = plan.eventNames.some((name) => nameFits(name, CLICK));
  const whole = isClassed ? classed.names : [];
  const selected = [
    ...plan.matchers.map((matcher) => matcherCondition(matcher, whole, parameters)),
    ...whole.map((name) => nameCondition(name, parameters)),
  ];
  if (selected.length === 0) return 'false';
  const since = asOf - plan.lookback - (isClassed ? classed.margin : 0);
  const from = parameters.add(since === -Infinity ? '-infinity' : new Date(since), 'timestamptz');
  const inTime = `occurred_at >= ${from} AND (${[...new Set(selected)].join(' OR ')})`;
  // What undoes a purchase can be dated before it.
  const endings = [...new Set(plan.matchers.flatMap((matcher) => eventNamesOf(matcher).slice(1)))];
  return endings.length === 0 ? `(${inTime})` : `(${inTime} OR name = ANY(${parameters.add(endings, 'text[]')}))`;
}

function matcherCondition(matcher: Matcher, classed: readonly EventName[], parameters: Parameters): string {
  const named = nameCondition(matcher.eventName, parameters);
  const { wants } = matcher;
  const isAskable = wants && !wants.property.includes('.') && !DERIVED.includes(wants.property);
  if (!isAskable || classed.some((name) => isSameName(name, matcher.eventName))) return named;
  const values = wants.values.map((value) => JSON.stringify(value));
  return `(${named} AND properties -> ${parameters.add(wants.property, 'text')} = ANY(${parameters.add(values, 'text[]')}::jsonb[]))`;
}

function nameCondition(name: EventName, parameters: Parameters): string {
  if (typeof name === 'string') return `name = ${parameters.add(name, 'text')}`;
  return `name ^@ ${parameters.add(name.startsWith, 'text')}`;
}

function isSameName(a: EventName, b: EventName): boolean {
  return (
    JSON.stringify(a) === JSON.stringify(b) ||
    (typeof b !== 'string' && typeof a === 'string' && a.startsWith(b.startsWith))
  );
}

function exactNames({ plans, classed }: Gathering): string[] {
  const all = [...plans.flatMap((plan) => plan.eventNames), ...classed.names];
  return [...new Set(all.filter((name) => typeof name === 'string'))];
}

function decode(gathered: string, names: readonly string[], properties: readonly string[]): HistoryEvent[] {
  return gathered.split(EVENT).map((text, index) => {
    const fields = text.split(FIELD);
    const name = fields[0]!;
    const kept: Record<string, unknown> = {};
    for (let i = 0; i < properties.length; i++) {
      const value = fields[i + 2]!;
      if (value !== '') kept[properties[i]!] = valueOf(value);
    }
    return {
      id: idAt(index),
      name: name.startsWith('"') ? (JSON.parse(name) as string) : names[Number(name) - 1]!,
      occurredAt: Number(fields[1]),
      properties: kept,
    };
  });
}

/** Most values are short texts with nothing to unescape. */
function valueOf(json: string): unknown {
  if (json.startsWith('"') && !json.includes('\\')) return json.slice(1, -1);
  return JSON.parse(json);
}

const IDS: string[] = [];

/** Ids in the order of the events. */
function idAt(index: number): string {
  for (let next = IDS.length; next <= index; next++) IDS.push(String(next).padStart(9, '0'));
  return IDS[index]!;
}

class Parameters {
  readonly values: unknown[] = [];
  private readonly known = new Map<string, string>();

  /** The place of a value in the statement; equal ones share one. */
  add(value: unknown, type: string): string {
    const key = JSON.stringify([value, type]);
    const place = this.known.get(key) ?? `$${this.values.push(value)}::${type}`;
    this.known.set(key, place);
    return place;
  }
}
