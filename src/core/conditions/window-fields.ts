import { isTimeZone, longestInDays } from '../calendar.js';
import { parseInstant } from '../date.js';
import { parseDuration } from '../instant.js';
import type { CalendarWindow, WindowFields } from '../rule.js';
import {
  aBoolean,
  aDuration,
  aNumberOfTimes,
  anObject,
  oneOf,
  orNothing,
  pairOf,
  refined,
  report,
  textThat,
  type Fields,
  type ParseContext,
} from '../shape.js';

export const aTimeZone = textThat('the IANA name of a time zone, such as "Europe/Berlin"', isTimeZone);

const anInstant = textThat('an instant such as "2026-11-24T09:00:00Z"', (text) => parseInstant(text) !== undefined);

const between = refined(
  pairOf('two instants, the second later; null for an open end', orNothing(anInstant)),
  ([from, until], pointer, context) => {
    if (from === null && until === null) return report(context, pointer, 'both ends are open', 'at least one instant');
    const isForward = from === null || until === null || parseInstant(from)! < parseInstant(until)!;
    return isForward || report(context, pointer, 'the second instant is not after the first', 'a later second instant');
  },
);

const calendar = refined(
  anObject<CalendarWindow>('an object such as {"unit": "month", "last": 3, "timeZone": "Europe/Berlin"}', {
    unit: { shape: oneOf('day', 'week', 'month', 'quarter', 'year'), isRequired: true },
    timeZone: { shape: aTimeZone, isRequired: true },
    last: { shape: aNumberOfTimes },
    current: { shape: aBoolean },
  }),
  ({ unit, last = 0, current }, pointer, context) => {
    if (last === 0 && !current) {
      return report(context, pointer, 'no period is named', '"last" of 1 or more, "current": true, or both');
    }
    const most = Math.floor(context.retention / 86_400_000);
    return (
      longestInDays(unit, last + 1) <= most ||
      report(context, pointer, `it may look back over ${longestInDays(unit, last + 1)} days`, `at most ${most} days`)
    );
  },
);

/** The fields by which a condition says how far it looks back. */
export const windowFields: Fields<WindowFields> = {
  within: { shape: aDuration },
  before: { shape: aDuration },
  between: { shape: between },
  calendar: { shape: calendar },
};

/** One kind of window only; `within` and `before` together are one. */
export function checkWindow(fields: WindowFields, pointer: string, context: ParseContext): boolean {
  const given = (['between', 'calendar', fields.within ? 'within' : 'before'] as const).filter((name) => fields[name]);
  if (given.length > 1) {
    const said = given.map((name) => `"${name}"`).join(' and ');
    return report(context, pointer, `${said} can't stand together`, 'one kind of window');
  }
  const [within, before] = [parseDuration(fields.within), parseDuration(fields.before)];
  const isSpan = within === undefined || before === undefined || before < within;
  return isSpan || report(context, `${pointer}/before`, '"before" is not shorter than "within"', 'a shorter duration');
}
