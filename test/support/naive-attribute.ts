import type { HistoryEvent } from '../../src/core/history-event.js';
import type { AttributeRule } from '../../src/core/rule.js';
import { anniversaryIn, localYear } from './naive-calendar.js';
import { knownEvents } from './naive-selection.js';
import { naiveDate, naivePasses, naiveRead } from './naive-values.js';
import { ms, remembered, type NaiveValue, type NaiveWorld } from './naive-world.js';

/** The events that say what the attribute is, in order of time. */
export const statements = remembered(({ attribute }: AttributeRule, world: NaiveWorld): HistoryEvent[] =>
  knownEvents(world).filter(
    ({ name, properties }) =>
      name === 'identify' &&
      (Object.hasOwn(properties, attribute) || Object.hasOwn(properties, attribute.split('.')[0]!)),
  ),
);

/** What is said of an attribute's present value; how long it has been so is another question. */
export function naiveAttribute(rule: AttributeRule, world: NaiveWorld, asOf: number): NaiveValue {
  const latest = statements(rule, world).findLast((event) => event.occurredAt <= asOf);
  if (!latest && world.startsAt('identify') !== -Infinity) return 'insufficient';
  const value = latest && naiveRead(latest.properties, rule.attribute);
  return naivePasses(value, rule) && isDated(value, rule, asOf) && isAnniversary(value, rule, asOf) ? 'true' : 'false';
}

function isDated(value: unknown, rule: AttributeRule, asOf: number): boolean {
  const date = naiveDate(value) ?? NaN;
  const { withinLast, olderThan, withinNext, furtherThan } = rule;
  return (
    (withinLast === undefined || (date <= asOf && asOf < date + ms(withinLast))) &&
    (olderThan === undefined || asOf >= date + ms(olderThan)) &&
    (withinNext === undefined || (date - ms(withinNext) <= asOf && asOf < date)) &&
    (furtherThan === undefined || asOf < date - ms(furtherThan))
  );
}

function isAnniversary(value: unknown, { anniversary }: AttributeRule, asOf: number): boolean {
  if (!anniversary) return true;
  const { timeZone, within } = anniversary;
  const ahead = within === undefined ? 0 : ms(within);
  const present = localYear(timeZone, asOf);
  // The day may begin in the next year, or as long ahead as it is looked forward to.
  for (let year = present - 1; year <= present + 1 + Math.ceil(ahead / (365 * ms('1d'))); year++) {
    const day = anniversaryIn(value, timeZone, year);
    if (day && day[0] - ahead <= asOf && asOf < day[1]) return true;
  }
  return false;
}
