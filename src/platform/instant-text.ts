const DAY = 86_400_000;
/** Of so many days the text is remembered: events of one batch happened on few. */
const MOST_DAYS = 1_000;

const days = new Map<number, string>();

/** An instant in epoch milliseconds, from the year 1 to 9999, as `Date.toISOString` writes it, in a quarter of the time. */
export function textOfInstant(instant: number): string {
  // As dates do it: what is finer is cut off, towards 1970.
  const whole = Math.trunc(instant);
  const day = Math.floor(whole / DAY);
  const rest = whole - day * DAY;
  const second = Math.floor(rest / 1_000);
  const [hours, minutes, seconds] = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60];
  return `${textOfDay(day)}${TWO[hours]}:${TWO[minutes]}:${TWO[seconds]}.${THREE[rest % 1_000]}Z`;
}

const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const THREE = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));

/** As of `2026-11-28T`. */
function textOfDay(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  const text = new Date(day * DAY).toISOString().slice(0, 11);
  if (days.size === MOST_DAYS) days.clear();
  days.set(day, text);
  return text;
}
