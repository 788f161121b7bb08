import { compileRule, type Plan } from './compile-rule.js';
import { parseInstant } from './date.js';
import { evaluate, explain, type Evaluation } from './evaluate.js';
import { History } from './history.js';
import { IDENTIFY, type HistoryEvent } from './history-event.js';
import { toIso, type Instant, type Milliseconds } from './instant.js';
import { parseRule } from './parse-rule.js';
import { checkReferences, type SegmentRules } from './references.js';
import type { Rule, RuleProblem } from './rule.js';
import {
  anObject,
  aText,
  describe,
  isRecord,
  listOf,
  ParseContext,
  pointerTo,
  report,
  textThat,
  type Shape,
} from './shape.js';
import type { Because } from './conditions/condition.js';

/** More than a profile that is worth a look has; what may be asked in one request bounds how long it keeps others waiting. */
const MOST_EVENTS = 1_000;
const MOST_INSTANTS = 1_000;
/** Steps of sequences by the square of the events: so does what a sequence costs grow, if all of them follow each other. */
const MOST_FOLLOWING = 2_000_000;

/** A rule, a history and instants, as JSON: everything that a rule's value depends on. */
export interface Simulation {
  rule: unknown;
  events?: { id?: string; name: string; occurredAt: string; properties?: Record<string, unknown> }[];
  /** By name: a value held since always, or a list of `{"value", "at"}`. */
  attributes?: Record<string, unknown>;
  /** Rules of the segments that the rule names, by key. */
  segments?: Record<string, unknown>;
  /** Since when the data are complete; since always unless given. */
  historyStartsAt?: string;
  /** What tells the profile from others in buckets. */
  profile?: string;
  /** At which instants to look; "changes" is every instant at which the value changes, from the first event on. */
  at: string[] | 'changes';
}

export interface SimulatedResult {
  at: string;
  value: 'true' | 'false' | 'undetermined';
  /** Which kind of undetermined. */
  undetermined?: 'pending' | 'insufficient';
  isMember: boolean;
  settlesAt: string | null;
  nextChangeAt: string | null;
  because: ShownBecause;
}

/** Why, with instants as text. */
export interface ShownBecause extends Omit<Because, 'changesAt' | 'of'> {
  changesAt: string | null;
  of?: ShownBecause[];
}

export type Simulated =
  | { ok: true; sentence: string; results: SimulatedResult[]; isComplete: boolean }
  | { ok: false; problems: RuleProblem[] };

/** Plays a history through a rule, at any instants. It uses nothing but the core. `retention` bounds windows, in ms. */
export function simulate(request: unknown, retention: Milliseconds): Simulated {
  const context = new ParseContext(retention);
  if (!aSimulation.check(request, '', context)) return { ok: false, problems: context.problems };
  const given = request as Simulation;
  const rules = parseRules(given, retention);
  if ('problems' in rules) return { ok: false, problems: rules.problems };

  const plan = compileRule(rules.rule, rules.segments);
  const events = [...attributeEvents(given.attributes ?? {}), ...(given.events ?? []).map(eventOf)];
  const startsAt = instantIn(given.historyStartsAt) ?? -Infinity;
  const known = { startsAt: () => startsAt, profile: given.profile ?? 'simulated', retention };
  const history = History.of(events, known);
  if (given.at !== 'changes') {
    const results = resultsAt(plan, history, given.at);
    return { ok: true, sentence: plan.sentence, results, isComplete: true };
  }
  const evaluations = changes(plan, history, firstInstant(events, startsAt));
  return {
    ok: true,
    sentence: plan.sentence,
    results: evaluations.slice(0, MOST_INSTANTS).map((one) => resultOf(plan, history, one)),
    isComplete: evaluations.length <= MOST_INSTANTS,
  };
}

const anInstant = textThat('an instant such as "2026-11-24T09:00:00Z"', (text) => parseInstant(text) !== undefined);

/** Any JSON value; what it may be is checked elsewhere, or doesn't matter. */
const anything: Shape<unknown> = { expected: 'any value', schema: {}, check: () => true };

const aBag: Shape<Record<string, unknown>> = {
  expected: 'an object',
  schema: { type: 'object' },
  check: (value, pointer, context) =>
    isRecord(value) || report(context, pointer, `${describe(value)} is not allowed here`, 'an object'),
};

const instants: Shape<string[] | 'changes'> = {
  expected: 'a list of instants, or "changes"',
  schema: { anyOf: [{ const: 'changes' }, { type: 'array' }] },
  check: (value, pointer, context) =>
    value === 'changes' || listOf(anInstant, MOST_INSTANTS).check(value, pointer, context),
};

const events: Shape<NonNullable<Simulation['events']>> = {
  expected: 'a list of events',
  schema: { type: 'array' },
  check: (value, pointer, context) =>
    (Array.isArray(value) && value.length === 0) ||
    listOf(
      anObject<NonNullable<Simulation['events']>[number]>('an event', {
        id: { shape: aText },
        name: { shape: aText, isRequired: true },
        occurredAt: { shape: anInstant, isRequired: true },
        properties: { shape: aBag },
      }),
      MOST_EVENTS,
    ).check(value, pointer, context),
};

const aSimulation = anObject<Simulation>('a simulation', {
  rule: { shape: anything, isRequired: true },
  events: { shape: events },
  attributes: { shape: aBag },
  segments: { shape: aBag },
  historyStartsAt: { shape: anInstant },
  profile: { shape: aText },
  at: { shape: instants, isRequired: true },
});

/** The rule and those of its segments, or every problem in them. */
function parseRules(
  given: Simulation,
  retention: Milliseconds,
): { rule: Rule; segments: SegmentRules } | { problems: RuleProblem[] } {
  const rule = parseRule(given.rule, retention, '/rule');
  const segments = Object.entries(given.segments ?? {}).map(([key, one]) => {
    const pointer = pointerTo('/segments', key);
    return { key, pointer, parsed: parseRule(one, retention, pointer) };
  });
  const problems = [rule, ...segments.map((one) => one.parsed)].flatMap((one) => (one.ok ? [] : one.problems));
  if (!rule.ok || problems.length > 0) return { problems };

  const known = new Map(segments.flatMap(({ key, parsed }) => (parsed.ok ? [[key, parsed.rule] as const] : [])));
  const misnamed = segments.flatMap(({ key, pointer }) => checkReferences(known.get(key)!, known, key, pointer));
  const all = misnamed.length > 0 ? misnamed : checkReferences(rule.rule, known, undefined, '/rule');
  all.push(...checkFollowing(stepsIn([given.rule, given.segments]), given.events?.length ?? 0));
  return all.length > 0 ? { problems: all } : { rule: rule.rule, segments: known };
}

function checkFollowing(steps: number, events: number): RuleProblem[] {
  if (steps * events ** 2 <= MOST_FOLLOWING) return [];
  const most = Math.floor(Math.sqrt(MOST_FOLLOWING / steps));
  const problem = `${events} events are too many for rules with ${steps} steps in sequences`;
  return [{ pointer: '/events', problem, expected: `at most ${most} events, or fewer steps` }];
}

/** How many events the sequences in some rules look for after their anchors. */
function stepsIn(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const own = Object.keys(node).filter((name) => name === 'followedBy' || name === 'notFollowedBy').length;
  return Object.values(node).reduce<number>((sum, value) => sum + stepsIn(value), own);
}

function eventOf(event: NonNullable<Simulation['events']>[number], index: number): HistoryEvent {
  const { id = `event ${index + 1}`, name, occurredAt, properties = {} } = event;
  return { id, name, occurredAt: parseInstant(occurredAt)!, properties };
}

/** An attribute with a plain value was told at the beginning of time. */
function attributeEvents(attributes: Record<string, unknown>): HistoryEvent[] {
  return Object.entries(attributes).flatMap(([name, value]) =>
    historyIn(value).map(({ value: told, at }, index) => ({
      id: `attribute ${name} ${index + 1}`,
      name: IDENTIFY,
      occurredAt: at,
      properties: { [name]: told },
    })),
  );
}

const BEGINNING: Instant = -8.64e15;

function historyIn(value: unknown): { value: unknown; at: Instant }[] {
  const told = Array.isArray(value) ? value.map((one: unknown) => toldAt(one)) : [];
  const isHistory = told.length > 0 && told.every((one) => one !== undefined);
  return isHistory ? told : [{ value, at: BEGINNING }];
}

function toldAt(entry: unknown): { value: unknown; at: Instant } | undefined {
  if (!isRecord(entry) || !('value' in entry) || typeof entry.at !== 'string') return undefined;
  const at = parseInstant(entry.at);
  return at === undefined ? undefined : { value: entry.value, at };
}

function firstInstant(events: readonly HistoryEvent[], startsAt: Instant): Instant {
  const instants = [...events.map((event) => event.occurredAt), startsAt].filter((at) => at > BEGINNING);
  return instants.length > 0 ? Math.min(...instants) : 0;
}

/** One more than are shown, so that it can be told whether there are more. */
function changes(plan: Plan, history: History, first: Instant): Evaluation[] {
  const found: Evaluation[] = [];
  for (let at: Instant | null = first; at !== null && found.length <= MOST_INSTANTS;) {
    const evaluation = evaluate(plan, history, at);
    found.push(evaluation);
    at = evaluation.nextChangeAt;
  }
  return found;
}

/** In the order asked for, but worked out from the earliest on: what is known from an instant on serves all later ones. */
function resultsAt(plan: Plan, history: History, texts: readonly string[]): SimulatedResult[] {
  const instants = texts.map((text) => parseInstant(text)!);
  const inOrder = [...new Set(instants)].sort((a, b) => a - b);
  const results = new Map(inOrder.map((at) => [at, resultOf(plan, history, evaluate(plan, history, at))]));
  return instants.map((at) => results.get(at)!);
}

function resultOf(plan: Plan, history: History, { asOf, value, ...rest }: Evaluation): SimulatedResult {
  const isKnown = value === 'true' || value === 'false';
  return {
    at: toIso(asOf),
    value: isKnown ? value : 'undetermined',
    ...(!isKnown && { undetermined: value }),
    isMember: rest.isMember,
    settlesAt: isoOrNull(rest.settlesAt),
    nextChangeAt: isoOrNull(rest.nextChangeAt),
    because: showBecause(explain(plan, history, asOf)),
  };
}

/** A because as every answer shows it. */
export function showBecause({ changesAt, of, ...rest }: Because): ShownBecause {
  return { ...rest, changesAt: isoOrNull(changesAt), ...(of && { of: of.map(showBecause) }) };
}

function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : toIso(at);
}

function instantIn(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : parseInstant(text);
}
