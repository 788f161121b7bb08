import { click, DAY, plan, T0 } from '../../test/support/builders.js';
import { evaluate } from './evaluate.js';
import { History } from './history.js';
import { toIso } from './instant.js';

/** The instants at which a rule over one click becomes true, and false again. */
function life(fields: Record<string, unknown>, clickAt = T0): (string | null)[] {
  const rule = plan({ performed: 'click', ...fields });
  const history = History.of([click(clickAt)]);
  const begins = evaluate(rule, history, clickAt - 1_000 * DAY).nextChangeAt;
  if (begins === null) return [];
  expect(evaluate(rule, history, begins - 1).value).toBe('false');
  expect(evaluate(rule, history, begins).value).toBe('true');
  const ends = evaluate(rule, history, begins).nextChangeAt;
  if (ends !== null) expect(evaluate(rule, history, ends - 1).value).toBe('true');
  return [toIso(begins), ends === null ? null : toIso(ends)];
}

const at = Date.parse;

describe('an event counts', () => {
  it.each([
    [{}, '2026-03-01T00:00:00.000Z', null],
    [{ within: '30d' }, '2026-03-01T00:00:00.000Z', '2026-03-31T00:00:00.000Z'],
    [{ before: '30d' }, '2026-03-31T00:00:00.000Z', null],
    [{ within: '90d', before: '30d' }, '2026-03-31T00:00:00.000Z', '2026-05-30T00:00:00.000Z'],
    [{ between: ['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'] }, '2026-03-01T00:00:00.000Z', null],
    [{ between: [null, '2026-03-01T00:00:00.001Z'] }, '2026-03-01T00:00:00.000Z', null],
    [{ between: ['2026-02-28T23:59:59.999Z', null] }, '2026-03-01T00:00:00.000Z', null],
  ])('with %j from %s to %s', (fields, begins, ends) => {
    expect(life(fields)).toEqual([begins, ends]);
  });

  it.each([
    [{ between: ['2026-03-01T00:00:00.001Z', null] }],
    [{ between: [null, '2026-03-01T00:00:00Z'] }],
    [{ between: ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'] }],
  ])('with %j never', (fields) => {
    expect(life(fields)).toEqual([]);
  });

  const berlin = (fields: object) => ({ calendar: { timeZone: 'Europe/Berlin', ...fields } });
  it.each([
    // The last hour of March in Berlin, by its own clock.
    [berlin({ unit: 'month', current: true }), '2026-03-31T21:30:00.000Z', '2026-03-31T22:00:00.000Z'],
    [berlin({ unit: 'month', last: 3 }), '2026-03-31T22:00:00.000Z', '2026-06-30T22:00:00.000Z'],
    [berlin({ unit: 'month', last: 3, current: true }), '2026-03-31T21:30:00.000Z', '2026-06-30T22:00:00.000Z'],
    [berlin({ unit: 'week', last: 1 }), '2026-04-05T22:00:00.000Z', '2026-04-12T22:00:00.000Z'],
    [berlin({ unit: 'day', last: 1 }), '2026-03-31T22:00:00.000Z', '2026-04-01T22:00:00.000Z'],
    [berlin({ unit: 'quarter', current: true }), '2026-03-31T21:30:00.000Z', '2026-03-31T22:00:00.000Z'],
    [berlin({ unit: 'year', current: true }), '2026-03-31T21:30:00.000Z', '2026-12-31T23:00:00.000Z'],
  ])('with %j from %s to %s', (fields, begins, ends) => {
    expect(life(fields, at('2026-03-31T21:30:00Z'))).toEqual([begins, ends]);
  });

  it('in a day of 23 hours for 23 hours', () => {
    const fields = berlin({ unit: 'day', last: 1 });
    expect(life(fields, at('2026-03-28T12:00:00Z'))).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
  });
});

describe('data that start inside a window', () => {
  const start = at('2026-03-10T12:00:00Z');
  it.each([
    [{}, null],
    [{ within: '30d' }, '2026-04-09T12:00:00.000Z'],
    [{ within: '30d', before: '10d' }, '2026-04-09T12:00:00.000Z'],
    [{ before: '10d' }, null],
    [{ between: ['2026-03-10T12:00:00Z', null] }, 'always'],
    [{ between: ['2026-03-10T11:59:59Z', null] }, null],
    [{ calendar: { unit: 'month', last: 1, timeZone: 'UTC' } }, '2026-05-01T00:00:00.000Z'],
    [{ calendar: { unit: 'month', current: true, timeZone: 'UTC' } }, '2026-04-01T00:00:00.000Z'],
    [{ calendar: { unit: 'day', current: true, timeZone: 'UTC' } }, '2026-03-11T00:00:00.000Z'],
  ])('suffice for "never" with %j from: %s', (fields, from) => {
    const never = plan({ performed: 'click', count: { exactly: 0 }, ...fields });
    const evaluation = evaluate(never, History.of([], { startsAt: () => start }), start);
    const known = from === 'always' ? { value: 'true', settlesAt: null } : { value: 'insufficient' };
    expect(evaluation).toMatchObject(known);
    if (from !== 'always') expect(evaluation.settlesAt && toIso(evaluation.settlesAt)).toBe(from);
  });

  it('that start with a period suffice for it', () => {
    const never = plan({
      performed: 'click',
      count: { exactly: 0 },
      calendar: { unit: 'month', last: 1, timeZone: 'UTC' },
    });
    const history = History.of([], { startsAt: () => at('2026-03-01T00:00:00Z') });
    expect(evaluate(never, history, at('2026-03-31T23:59:59.999Z')).value).toBe('insufficient');
    expect(evaluate(never, history, at('2026-04-01T00:00:00Z')).value).toBe('true');
  });
});
