import type { History } from '../history.js';
import { durationInWords, parseDuration, toIso } from '../instant.js';
import type { Matcher } from '../matcher.js';
import type { EventName, EventSelector, FollowerStep, Where } from '../rule.js';
import { aBoolean, anObject, aRecordOf, aText, eitherOf, oneOf, refined, report, type Shape } from '../shape.js';
import { sayValue } from '../words.js';
import { aPropertyTest, sayTest } from './property-operators.js';

const aPrefix = anObject<{ startsWith: string }>('an object {"startsWith": "…"}', {
  startsWith: { shape: aText, isRequired: true },
});

const anEventName: Shape<EventName> = eitherOf<EventName>('an event\'s name, or {"startsWith": "…"}', aText, aPrefix);

/** Each test counts as a node, so that a rule's cost is bounded by their number. */
export const aWhere: Shape<Where> = refined(aRecordOf(aPropertyTest, 50, 'property name'), (value, pointer, context) =>
  context.countNodes(Object.keys(value).length, pointer),
);

/** The fields that every condition on events has. */
export const selectorFields = {
  performed: { shape: anEventName, isRequired: true },
  where: { shape: aWhere },
  by: { shape: oneOf('humans', 'strictHumans', 'machines', 'anyone') },
  gross: { shape: aBoolean },
};

const ACTOR_WORDS = {
  humans: '',
  strictHumans: 'surely human ',
  machines: 'machine ',
  anyone: 'human or machine ',
};

/** `"click" where cta is "cart"`, as part of a sentence. */
export function saySelector(selector: EventSelector): string {
  const gross = selector.gross ? ' (cancelled and refunded ones included)' : '';
  return `${ACTOR_WORDS[selector.by ?? 'humans']}${sayName(selector.performed)}${gross}${sayWhere(selector.where)}`;
}

export function sayWhere(where: Where | undefined): string {
  const tests = Object.entries(where ?? {}).map(([path, test]) => `${path} ${sayTest(test)}`);
  return tests.length > 0 ? ` where ${tests.join(' and ')}` : '';
}

function sayName(name: EventName): string {
  return typeof name === 'string' ? sayValue(name) : `any event beginning with ${sayValue(name.startsWith)}`;
}

/** What is not known where a window reaches back further than the data. */
export function sayMissing(history: History, { eventName }: Matcher): string {
  const start = history.startsAt(eventName);
  return start === Infinity
    ? `no data about ${sayName(eventName)} have come in yet`
    : `the data about ${sayName(eventName)} start at ${toIso(start)}, and the condition looks back further`;
}

/** `not followed within 3 days by "purchase" with the same cart_token`, and so on along the chain. */
export function sayFollower(rule: { followedBy?: FollowerStep; notFollowedBy?: FollowerStep }): string {
  const step = rule.followedBy ?? rule.notFollowedBy;
  if (!step) return '';
  const limit = parseDuration(step.within);
  const within = limit === undefined ? '' : ` within ${durationInWords(limit)}`;
  const same = step.same ? ` with the same ${step.same.join(' and ')}` : '';
  const negation = rule.notFollowedBy ? 'not ' : '';
  const next = sayFollower(step);
  return `${negation}followed${within} by ${saySelector(step)}${same}${next && `, which was ${next}`}`;
}

/** Only one of these fields may stand in an object. */
export function onlyOneOf<T>(...names: (keyof T & string)[]): Parameters<typeof refined<T>>[1] {
  return (value, pointer, context) => {
    const given = names.filter((name) => value[name] !== undefined);
    if (given.length <= 1) return true;
    const said = given.map((name) => `"${name}"`).join(' and ');
    return report(context, pointer, `${said} can't stand together`, 'one of them; join several conditions by "all"');
  };
}
