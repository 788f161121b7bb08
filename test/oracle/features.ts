import type {
  ActorChoice,
  Aggregate,
  AttributeRule,
  Anniversary,
  BucketRule,
  CalendarUnit,
  CalendarWindow,
  Count,
  DistinctAggregate,
  EventName,
  EventSelector,
  FollowerStep,
  OneEvent,
  PerformedRule,
  PropertyOperators,
  Rule,
  RuleKey,
  SegmentRule,
  Where,
} from '../../src/core/rule.js';

type Keys<T extends string> = Record<T, true>;
type Fields<T> = Keys<keyof T & string>;

// A field that the language gains is missing here, and that does not compile: so nothing is left out of the oracle.
const COUNT: Fields<Count> = { atLeast: true, atMost: true, exactly: true };
const AGGREGATE: Fields<Aggregate> = {
  property: true,
  currency: true,
  rates: true,
  ...COUNT,
  above: true,
  below: true,
};
const DISTINCT: Fields<DistinctAggregate> = { property: true, ...COUNT };
const ONE_EVENT: Fields<OneEvent> = { where: true, olderThan: true, youngerThan: true };
const SELECTOR: Fields<EventSelector> = { performed: true, where: true, by: true, gross: true };
const STEP: Fields<FollowerStep> = { ...SELECTOR, within: true, same: true, followedBy: true, notFollowedBy: true };
const PERFORMED: Fields<PerformedRule> = {
  ...SELECTOR,
  ...{ within: true, before: true, between: true, calendar: true },
  ...{ count: true, sum: true, min: true, max: true, avg: true, distinct: true, first: true, last: true },
  ...{ followedBy: true, notFollowedBy: true, anchor: true },
};
const OPERATORS: Fields<PropertyOperators> = {
  ...{ equals: true, not: true, in: true, notIn: true, exists: true, contains: true, startsWith: true, endsWith: true },
  ...{ atLeast: true, atMost: true, above: true, below: true, before: true, onOrAfter: true },
};
const ATTRIBUTE: Fields<AttributeRule> = {
  ...OPERATORS,
  ...{ attribute: true, withinLast: true, olderThan: true, withinNext: true, furtherThan: true },
  ...{ anniversary: true, for: true },
};
const CALENDAR: Fields<CalendarWindow> = { unit: true, timeZone: true, last: true, current: true };
const RULES: Keys<RuleKey> = {
  ...{ performed: true, attribute: true, segment: true, bucket: true, everyone: true },
  ...{ all: true, any: true, not: true, atLeast: true },
};
const ACTORS: Keys<ActorChoice> = { humans: true, strictHumans: true, machines: true, anyone: true };
const ANCHORS: Keys<NonNullable<PerformedRule['anchor']>> = { any: true, first: true, last: true };
const UNITS: Keys<CalendarUnit> = { day: true, week: true, month: true, quarter: true, year: true };
const ANNIVERSARY: Fields<Anniversary> = { timeZone: true, within: true };
const SEGMENT: Fields<SegmentRule> = { segment: true, for: true };
const BUCKET: Fields<BucketRule['bucket']> = { seed: true, from: true, to: true };

function named(prefix: string, keys: object): string[] {
  return Object.keys(keys).map((key) => `${prefix} ${key}`);
}

const LINKS = ['followed', 'not followed'];
const CHAINS = [1, 2, 3].flatMap((length) =>
  LINKS.flatMap((one) =>
    length === 1
      ? [one]
      : LINKS.flatMap((two) => (length === 2 ? [`${one}, ${two}`] : LINKS.map((three) => `${one}, ${two}, ${three}`))),
  ),
);

/** Every operator, field and choice of the language; each must come up. */
export const FEATURES: readonly string[] = [
  ...named('rule:', RULES),
  ...named('performed:', PERFORMED),
  ...named('event name:', { exact: true, prefix: true }),
  ...named('by:', ACTORS),
  ...named('gross:', { true: true, false: true }),
  ...named('window:', { none: true, within: true, before: true, 'within and before': true }),
  ...named('between:', { from: true, to: true, 'from and to': true }),
  ...named('calendar:', { ...CALENDAR, 'last and current': true }),
  ...named('calendar unit:', UNITS),
  ...named('count:', COUNT),
  ...['sum:', 'min:', 'max:', 'avg:'].flatMap((prefix) => named(prefix, { ...AGGREGATE, 'currency null': true })),
  ...named('distinct:', DISTINCT),
  ...named('first:', ONE_EVENT),
  ...named('last:', ONE_EVENT),
  ...named('step:', STEP),
  ...CHAINS.map((chain) => `chain: ${chain}`),
  ...named('sequence:', { anchor: true, count: true }),
  ...named('anchor:', ANCHORS),
  ...named('where:', { ...OPERATORS, 'bare value': true, 'dotted name': true }),
  ...named('attribute:', ATTRIBUTE),
  ...named('anniversary:', ANNIVERSARY),
  ...named('segment:', SEGMENT),
  ...named('bucket:', BUCKET),
  'for: in a for',
];

/** What a rule makes use of, its child segments included. */
export function featuresOf(rule: Rule, segments: Readonly<Record<string, Rule>>): Set<string> {
  const found = new Set<string>();
  collect(rule, { found, segments, lasting: false });
  return found;
}

interface Collection {
  found: Set<string>;
  segments: Readonly<Record<string, Rule>>;
  lasting: boolean;
}

function collect(rule: Rule, about: Collection): void {
  const { found, segments, lasting } = about;
  if ('performed' in rule) return collectPerformed(rule, found);
  if ('attribute' in rule) {
    found.add('rule: attribute');
    add(found, 'attribute:', rule);
    add(found, 'anniversary:', rule.anniversary);
    if (rule.for !== undefined && lasting) found.add('for: in a for');
    return;
  }
  if ('segment' in rule) {
    found.add('rule: segment');
    add(found, 'segment:', rule);
    if (rule.for !== undefined && lasting) found.add('for: in a for');
    return collect(segments[rule.segment]!, { ...about, lasting: lasting || rule.for !== undefined });
  }
  if ('bucket' in rule) add(found, 'bucket:', rule.bucket);
  const key = Object.keys(rule)[0]!;
  found.add(`rule: ${key}`);
  for (const part of partsOf(rule)) collect(part, about);
}

/** The rules that a rule joins. */
export function partsOf(rule: Rule): readonly Rule[] {
  if ('performed' in rule || 'attribute' in rule) return [];
  if ('all' in rule) return rule.all;
  if ('any' in rule) return rule.any;
  if ('of' in rule) return rule.of;
  return 'not' in rule ? [rule.not] : [];
}

function add(found: Set<string>, prefix: string, fields: object | undefined): void {
  for (const name of named(prefix, fields ?? {})) found.add(name);
}

function collectPerformed(rule: PerformedRule, found: Set<string>): void {
  found.add('rule: performed');
  add(found, 'performed:', rule);
  collectSelector(rule, found);
  collectWindow(rule, found);
  add(found, 'count:', rule.count);
  for (const kind of ['sum', 'min', 'max', 'avg'] as const) {
    add(found, `${kind}:`, rule[kind]);
    if (rule[kind]?.currency === null) found.add(`${kind}: currency null`);
  }
  add(found, 'distinct:', rule.distinct);
  add(found, 'first:', rule.first);
  add(found, 'last:', rule.last);
  collectWhere(rule.first?.where, found);
  collectWhere(rule.last?.where, found);
  if (rule.anchor) found.add(`anchor: ${rule.anchor}`);
  if (!rule.followedBy && !rule.notFollowedBy) return;
  if (rule.anchor) found.add('sequence: anchor');
  if (rule.count) found.add('sequence: count');
  found.add(`chain: ${collectSteps(rule, found).join(', ')}`);
}

function collectSteps(step: Pick<FollowerStep, 'followedBy' | 'notFollowedBy'>, found: Set<string>): string[] {
  const next = step.followedBy ?? step.notFollowedBy;
  if (!next) return [];
  add(found, 'step:', next);
  collectSelector(next, found);
  return [step.followedBy ? 'followed' : 'not followed', ...collectSteps(next, found)];
}

function collectSelector({ performed, where, by, gross }: EventSelector, found: Set<string>): void {
  found.add(`event name: ${isExact(performed) ? 'exact' : 'prefix'}`);
  if (by) found.add(`by: ${by}`);
  if (gross !== undefined) found.add(`gross: ${gross}`);
  collectWhere(where, found);
}

function isExact(name: EventName): name is string {
  return typeof name === 'string';
}

function collectWhere(where: Where | undefined, found: Set<string>): void {
  for (const [path, test] of Object.entries(where ?? {})) {
    if (path.includes('.')) found.add('where: dotted name');
    if (typeof test === 'object' && test !== null) add(found, 'where:', test);
    else found.add('where: bare value');
  }
}

function collectWindow({ within, before, between, calendar }: PerformedRule, found: Set<string>): void {
  const spans = [within && 'within', before && 'before'].filter((one) => one !== undefined);
  if (!between && !calendar) found.add(`window: ${spans.join(' and ') || 'none'}`);
  if (between) found.add(`between: ${['from', 'to'].filter((_, index) => between[index] !== null).join(' and ')}`);
  if (!calendar) return;
  add(found, 'calendar:', calendar);
  found.add(`calendar unit: ${calendar.unit}`);
  if (calendar.last !== undefined && calendar.current) found.add('calendar: last and current');
}
