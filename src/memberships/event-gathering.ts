import type { Plan } from '../core/compile-rule.js';
import type { Instant } from '../core/instant.js';
import { nameFits, type Matcher } from '../core/matcher.js';
import { PURCHASE_ENDINGS } from '../core/net-purchases.js';
import type { PropertiesRead } from '../core/properties-read.js';
import type { EventName } from '../core/rule.js';
import { CLICK } from '../ctas/click-class.js';
import type { ScannedHistories } from '../histories/history-reader.js';

/** What is read of all profiles at once. */
export interface Gathering {
  plans: readonly Plan[];
  asOf: Instant;
  /** Top-level ones; events are read without any others. */
  properties: PropertiesRead;
  /** Read as a whole for as far back as anything of the plan is: what else must be known to class them. */
  classed: ScannedHistories['classed'];
  /** Whether events of a name ever came. */
  hasCome: (name: string) => boolean;
}

/**
 * An event as a row: its profile, when it occurred in epoch seconds, its name and then properties as JSON, null where it
 * has none of that name.
 */
export type GatheredRow = [profile: string, at: string, name: string, ...properties: (string | null)[]];

/** A statement whose rows are a profile's events after each other, in order of time and, at one instant, of id. */
export interface GatheringStatement {
  text: string;
  values: unknown[];
  /** Names of the first properties in a row: what a rule asks of single events, in which many are alike. */
  like: readonly string[];
  /** Of those after them, which only matter beside other events: they tell a delivery or an order from others. */
  own: readonly string[];
}

/** What only classing tells of an event: it can't be asked of the log. */
const DERIVED: readonly string[] = ['cta', 'cta_kind', 'actor_class'];

/**
 * Gathers a superset of the events on which plans rest, by name, time and what can be asked of single events: what they
 * mean is not judged here.
 */
export function gatheringOf(wanted: Gathering): GatheringStatement {
  const { plans, properties, classed } = wanted;
  const parameters = new Parameters();
  const like = [...new Set([...properties.named, ...classed.properties.alone])];
  const own = [...classed.properties.together, ...properties.undoing].filter((name) => !like.includes(name));
  const columns = [...like, ...own].map((name) => `, properties -> ${parameters.add(name, 'text')}`);
  const text = `
    SELECT profile_id, date_part('epoch', occurred_at), name${columns.join('')} FROM events
     WHERE ${plans.map((plan) => conditionOf(plan, wanted, parameters)).join(' OR ')}
     ORDER BY profile_id, occurred_at, id`;
  return { text, values: parameters.values, like, own };
}

function conditionOf(plan: Plan, { asOf, classed, hasCome }: Gathering, parameters: Parameters): string {
  const isClassed = plan.eventNames.some((name) => nameFits(name, CLICK));
  const whole = isClassed ? classed.names.filter(hasCome) : [];
  const selected = [
    ...plan.matchers.map((matcher) => matcherCondition(matcher, whole, parameters)),
    ...(whole.length > 0 ? [`name = ANY(${parameters.add(whole, 'text[]')})`] : []),
  ].filter((condition) => condition !== undefined);
  if (selected.length === 0) return 'false';
  const since = asOf - plan.lookback - (isClassed ? classed.margin : 0);
  const from = parameters.add(since === -Infinity ? '-infinity' : new Date(since), 'timestamptz');
  const inTime = `occurred_at >= ${from} AND (${[...new Set(selected)].join(' OR ')})`;
  // What undoes a purchase can be dated before it.
  const endings = plan.matchers.some((matcher) => matcher.isNet) ? PURCHASE_ENDINGS.filter(hasCome) : [];
  return endings.length === 0 ? `(${inTime})` : `(${inTime} OR name = ANY(${parameters.add(endings, 'text[]')}))`;
}

/** Undefined where those of the names that are read as a whole are all that it can select. */
function matcherCondition(matcher: Matcher, whole: readonly string[], parameters: Parameters): string | undefined {
  const { eventName, wants } = matcher;
  if (typeof eventName === 'string' && whole.includes(eventName)) return undefined;
  const named = nameCondition(eventName, parameters);
  const isAskable = wants && !wants.property.includes('.') && !DERIVED.includes(wants.property);
  if (!isAskable) return named;
  const values = wants.values.map((value) => JSON.stringify(value));
  return `(${named} AND properties -> ${parameters.add(wants.property, 'text')} = ANY(${parameters.add(values, 'text[]')}::jsonb[]))`;
}

function nameCondition(name: EventName, parameters: Parameters): string {
  if (typeof name === 'string') return `name = ${parameters.add(name, 'text')}`;
  return `name ^@ ${parameters.add(name.startsWith, 'text')}`;
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
