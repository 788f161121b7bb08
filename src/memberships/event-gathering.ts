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

/** Somebody's events in one text, in order of time and, at one instant, of id. */
export type GatheredRow = [profile: string, events: string];

/** Between the events in a text, and between the fields of one; never in JSON, where control characters are escaped. */
export const BETWEEN_EVENTS = '\u001e';
export const BETWEEN_FIELDS = '\u001f';

/**
 * A statement whose rows are those of {@link GatheredRow}: of each event when it occurred in epoch milliseconds, its `own`
 * properties, its name, and those in which many are alike, as JSON; empty where it has none of that name.
 */
export interface GatheringStatement {
  text: string;
  values: unknown[];
  /** Names of the properties in which many events are alike: what a rule asks of single ones. */
  like: readonly string[];
  /** Of those which only matter beside other events: they tell a delivery or an order from others. */
  own: readonly string[];
}

/** What only classing tells of an event: it can't be asked of the log. */
const DERIVED: readonly string[] = ['cta', 'cta_kind', 'actor_class', 'actor_reasons'];

/**
 * Gathers a superset of the events on which plans rest, by name, time and what can be asked of single events: what they
 * mean is not judged here. Where clicks can be asked for, what else happened about then is gathered beside them, now and
 * then twice; otherwise all that can tell of any click.
 */
export function gatheringOf(wanted: Gathering): GatheringStatement {
  const { plans, properties, classed } = wanted;
  const parameters = new Parameters();
  const like = [...new Set([...properties.named, ...classed.properties.alone])];
  const own = [...classed.properties.together, ...properties.undoing].filter((name) => !like.includes(name));
  const property = (name: string): string => `properties -> ${parameters.add(name, 'text')}`;
  const at = `(date_part('epoch', occurred_at) * 1000)::bigint`;
  const field = parameters.add(BETWEEN_FIELDS, 'text');
  const fields = [at, ...own.map(property), 'to_json(name)', ...like.map(property)].join(`, ${field}, `);
  const selected = plans.map((plan) => conditionOf(plan, wanted, parameters)).join(' OR ');
  const clicks = plans.flatMap((plan) => clickCondition(plan, wanted, parameters) ?? []);
  // Each row is a message: those of somebody as one cost far less to hand over. OFFSET 0 has texts made where rows are read.
  const text = `
    SELECT profile_id, string_agg(said, ${parameters.add(BETWEEN_EVENTS, 'text')} ORDER BY occurred_at, id)
      FROM (SELECT profile_id, occurred_at, id, concat(${fields}) AS said
              FROM ${clicks.length === 0 ? 'events' : `(${withCompany({ selected, clicks }, wanted, parameters)}) AS events`}
             WHERE ${clicks.length === 0 ? selected : 'true'} ORDER BY profile_id, occurred_at, id OFFSET 0) AS each
     GROUP BY profile_id`;
  return { text, values: parameters.values, like, own };
}

/** Events selected, and what tells of some clicks. */
function withCompany(
  { selected, clicks }: { selected: string; clicks: readonly string[] },
  { plans, asOf, classed, hasCome }: Gathering,
  parameters: Parameters,
): string {
  const furthest = Math.max(...plans.map((plan) => plan.lookback));
  const margin = parameters.add(`${classed.margin} milliseconds`, 'interval');
  const columns = 'profile_id, occurred_at, id, name, properties';
  return `
    SELECT ${columns} FROM events WHERE ${selected} UNION ALL
    SELECT ${columns} FROM events
      JOIN (SELECT lane AS its_lane, profile_id AS its_profile, occurred_at AS clicked_at FROM events
             WHERE ${clicks.join(' OR ')}) AS click
        ON lane = its_lane AND profile_id = its_profile
       AND occurred_at > clicked_at - ${margin} AND occurred_at < clicked_at + ${margin}
     WHERE ${isSince(asOf - furthest - classed.margin, parameters)}
       AND name = ANY(${parameters.add(classed.names.filter(hasCome), 'text[]')}) AND (${selected}) IS NOT TRUE`;
}

function conditionOf(plan: Plan, { asOf, classed, hasCome }: Gathering, parameters: Parameters): string {
  const isWhole = clickMatchers(plan).some((matcher) => !isAskable(matcher));
  const whole = isWhole ? classed.names.filter(hasCome) : [];
  const selected = [
    ...plan.matchers.map((matcher) => matcherCondition(matcher, whole, parameters)),
    ...(whole.length > 0 ? [`name = ANY(${parameters.add(whole, 'text[]')})`] : []),
  ].filter((condition) => condition !== undefined);
  if (selected.length === 0) return 'false';
  const since = asOf - plan.lookback - (isWhole ? classed.margin : 0);
  const inTime = `${isSince(since, parameters)} AND (${[...new Set(selected)].join(' OR ')})`;
  // What undoes a purchase can be dated before it.
  const endings = plan.matchers.some((matcher) => matcher.isNet) ? PURCHASE_ENDINGS.filter(hasCome) : [];
  return endings.length === 0 ? `(${inTime})` : `(${inTime} OR name = ANY(${parameters.add(endings, 'text[]')}))`;
}

/** The clicks that a plan asks for, where it asks of each what the log can tell; of any others, all are gathered. */
function clickCondition(plan: Plan, { asOf }: Gathering, parameters: Parameters): string | undefined {
  const asked = clickMatchers(plan);
  if (asked.length === 0 || !asked.every(isAskable)) return undefined;
  const conditions = asked.map((matcher) => matcherCondition(matcher, [], parameters));
  return `(${isSince(asOf - plan.lookback, parameters)} AND name = 'click' AND (${conditions.join(' OR ')}))`;
}

function clickMatchers(plan: Plan): Matcher[] {
  return plan.matchers.filter((matcher) => nameFits(matcher.eventName, CLICK));
}

function isAskable({ wants }: Matcher): boolean {
  return wants !== undefined && !wants.property.includes('.') && !DERIVED.includes(wants.property);
}

function isSince(since: Instant, parameters: Parameters): string {
  return `occurred_at >= ${parameters.add(since === -Infinity ? '-infinity' : new Date(since), 'timestamptz')}`;
}

/** Undefined where those of the names that are read as a whole are all that it can select. */
function matcherCondition(matcher: Matcher, whole: readonly string[], parameters: Parameters): string | undefined {
  const { eventName, wants } = matcher;
  if (typeof eventName === 'string' && whole.includes(eventName)) return undefined;
  const named = nameCondition(eventName, parameters);
  if (!isAskable(matcher)) return named;
  const values = wants!.values.map((value) => JSON.stringify(value));
  return `(${named} AND properties -> ${parameters.add(wants!.property, 'text')} = ANY(${parameters.add(values, 'text[]')}::jsonb[]))`;
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
