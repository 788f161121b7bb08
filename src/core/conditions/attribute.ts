import { firstFrom, IDENTIFY, type HistoryEvent } from '../history-event.js';
import type { History } from '../history.js';
import { durationInWords, parseDuration, toIso, type Instant } from '../instant.js';
import type { Matcher } from '../matcher.js';
import { propertyReader } from '../property.js';
import { compilePropertyTest, type OperatorName } from '../property-test.js';
import type { Anniversary, AttributeRule, PropertyOperators } from '../rule.js';
import { aDuration, anObject, aSpan, aText, refined, report, type Shape } from '../shape.js';
import { untilChanged, type Verdict } from '../timeline.js';
import { leaf, type ConditionType } from './condition.js';
import { DATE_OPERATORS, dateTest, type DateOperatorName, type TimedTest } from './date-operators.js';
import { operatorFields, sayOperators } from './property-operators.js';
import { sustained } from './sustained.js';
import { aTimeZone } from './window-fields.js';

const VALUE_OPERATORS = Object.keys(operatorFields) as OperatorName[];

const fields = anObject<AttributeRule>(
  'a condition on an attribute, such as {"attribute": "country", "equals": "DE"}',
  {
    attribute: { shape: aText, isRequired: true },
    ...operatorFields,
    withinLast: { shape: aSpan },
    olderThan: { shape: aSpan },
    withinNext: { shape: aSpan },
    furtherThan: { shape: aSpan },
    anniversary: {
      shape: anObject<Anniversary>('an object such as {"within": "7d", "timeZone": "Europe/Berlin"}', {
        timeZone: { shape: aTimeZone, isRequired: true },
        within: { shape: aDuration },
      }),
    },
    for: { shape: aDuration },
  },
);

const shape: Shape<AttributeRule> = refined(fields, (rule, pointer, context) => {
  const isTested = [...VALUE_OPERATORS, ...DATE_OPERATORS].some((name) => rule[name] !== undefined);
  return isTested || report(context, pointer, 'no operator is given', 'at least one, such as "equals" or "exists"');
});

/** What an attribute is now, or, with `for`, has been without a break for some time. */
export const attribute: ConditionType<AttributeRule> = {
  key: 'attribute',
  shape: () => shape,
  compile: (rule) => {
    const condition = compileAttribute(rule);
    return rule.for === undefined ? condition : sustained(condition, rule.for, sayAttribute(rule));
  },
  say: sayAttribute,
};

function compileAttribute(rule: AttributeRule) {
  const read = propertyReader(rule.attribute);
  const matcher = attributeMatcher(rule.attribute);
  const test = allTests(rule);

  const latest = (history: History, asOf: Instant): { now: HistoryEvent | undefined; next: Instant } => {
    const known = history.matching(matcher);
    const next = firstFrom(known, asOf + 1);
    return { now: known[next - 1], next: known[next]?.occurredAt ?? Infinity };
  };
  const judgeOnce = (history: History, asOf: Instant): Verdict => {
    const { now, next } = latest(history, asOf);
    if (!now && history.startsAt(IDENTIFY) > -Infinity) return { truth: 'insufficient', until: next };
    const { holds, until } = test(now && read(now.properties), asOf);
    return { truth: holds ? 'true' : 'false', until: Math.min(next, until) };
  };
  return leaf({
    sentence: sayAttribute(withoutFor(rule)),
    matchers: [matcher],
    lookback: Infinity,
    judge: (history, asOf) => untilChanged((at) => judgeOnce(history, at), asOf),
    evidence: (history, asOf) => {
      const { now } = latest(history, asOf);
      return now ? [now] : [];
    },
    missing: (history) => sayUnknown(rule.attribute, history.startsAt(IDENTIFY)),
  });
}

/** The events that speak of an attribute, or of the object in which it is nested. */
function attributeMatcher(path: string): Matcher {
  const [root] = path.split('.');
  return {
    key: `attribute ${path}`,
    eventName: IDENTIFY,
    isNet: false,
    selects: ({ name, properties }) =>
      name === IDENTIFY && (Object.hasOwn(properties, path) || Object.hasOwn(properties, root!)),
  };
}

function allTests(rule: AttributeRule): TimedTest {
  const operators = Object.fromEntries(
    VALUE_OPERATORS.filter((name) => rule[name] !== undefined).map((name) => [name, rule[name]]),
  ) as PropertyOperators;
  const passes = compilePropertyTest(operators);
  const dated = DATE_OPERATORS.filter((name) => rule[name] !== undefined).map((name) => dateTest(name, rule));
  return (value, asOf) => {
    if (!passes(value)) return { holds: false, until: Infinity };
    const results = dated.map((test) => test(value, asOf));
    return {
      holds: results.every((one) => one.holds),
      until: Math.min(Infinity, ...results.map((one) => one.until)),
    };
  };
}

function withoutFor({ for: _span, ...rule }: AttributeRule): AttributeRule {
  return rule;
}

function sayUnknown(name: string, start: Instant): string {
  return start === Infinity
    ? `no attributes have come in yet`
    : `"${name}" has not been told since the data about attributes start, at ${toIso(start)}`;
}

function sayAttribute(rule: AttributeRule): string {
  const value = sayOperators(rule);
  const dates = DATE_OPERATORS.filter((name) => rule[name] !== undefined).map((name) => DATE_WORDS[name](rule));
  const span = rule.for === undefined ? '' : ` for at least ${durationInWords(parseDuration(rule.for)!)}`;
  return `the attribute ${rule.attribute} ${[...(value ? [value] : []), ...dates].join(' and ')}${span}`;
}

const inWords = (duration: string | undefined): string => durationInWords(parseDuration(duration)!);

const DATE_WORDS: Record<DateOperatorName, (rule: AttributeRule) => string> = {
  withinLast: (rule) => `is a date in the last ${inWords(rule.withinLast)}`,
  olderThan: (rule) => `is a date at least ${inWords(rule.olderThan)} ago`,
  withinNext: (rule) => `is a date in the next ${inWords(rule.withinNext)}`,
  furtherThan: (rule) => `is a date more than ${inWords(rule.furtherThan)} ahead`,
  anniversary: ({ anniversary }) =>
    anniversary!.within === undefined
      ? `has its anniversary today (${anniversary!.timeZone})`
      : `has its anniversary today or in the next ${inWords(anniversary!.within)} (${anniversary!.timeZone})`,
};
