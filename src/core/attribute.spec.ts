import { DAY, event, plan, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import { toIso } from './instant.js';

const told = (properties: Record<string, unknown>, at = T0) => event('identify', at, properties);
const rule = (fields: object) => plan({ attribute: 'x', ...fields });
const at = Date.parse;

describe('an attribute', () => {
  it.each([
    [{ equals: 'DE' }, ['DE']],
    [{ not: 'DE' }, ['AT', '', null, 7, undefined]],
    [{ in: ['DE', null] }, ['DE', null]],
    [{ notIn: ['DE', null] }, ['AT', '', 7, undefined]],
    [{ exists: true }, ['DE', 'AT', '', null, 7]],
    [{ exists: false }, [undefined]],
    [{ contains: 'D' }, ['DE']],
    [{ atLeast: '7.0' }, [7]],
    [{ atMost: 7, above: '6.99' }, [7]],
    [{ below: 7 }, []],
  ])('is tested by %j', (operators, matching) => {
    const values = ['DE', 'AT', '', null, 7, undefined];
    const found = values.filter((x) => {
      const history = History.of(x === undefined ? [] : [told({ x })]);
      return evaluate(rule(operators), history, T0).value === 'true';
    });
    expect(found).toEqual(matching);
  });

  it('is what was told last, as of then', () => {
    const history = History.of([told({ x: 'a' }), told({ y: 1 }, T0 + DAY), told({ x: 'b' }, T0 + 2 * DAY)]);
    const isA = rule({ equals: 'a' });
    expect(evaluate(isA, history, T0 - 1)).toMatchObject({ value: 'false', nextChangeAt: T0 });
    expect(evaluate(isA, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + 2 * DAY });
    expect(evaluate(isA, history, T0 + 2 * DAY)).toMatchObject({ value: 'false', nextChangeAt: null });
  });

  it('in an object is gone when the object is told without it', () => {
    const nested = plan({ attribute: 'address.city', equals: 'Ulm' });
    const history = History.of([told({ address: { city: 'Ulm' } }), told({ address: { zip: '1' } }, T0 + DAY)]);
    expect(evaluate(nested, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + DAY });
    expect(evaluate(nested, history, T0 + DAY).value).toBe('false');
  });

  it('that was never told is unknown where the data do not reach back for ever', () => {
    const history = History.of([told({ y: 1 })], { startsAt: () => T0 });
    expect(evaluate(rule({ exists: false }), history, T0).value).toBe('insufficient');
    expect(explain(rule({ exists: false }), history, T0).missing).toContain('"x"');
    expect(evaluate(rule({ exists: false }), History.of([told({ y: 1 })]), T0).value).toBe('true');
  });

  it.each([
    [{ withinLast: '2d' }, T0, T0 + 2 * DAY],
    [{ olderThan: '2d' }, T0 + 2 * DAY, null],
    [{ withinNext: '2d' }, T0 - 2 * DAY, T0],
    [{ furtherThan: '2d' }, null, T0 - 2 * DAY],
    [{ withinLast: '5d', olderThan: '2d' }, T0 + 2 * DAY, T0 + 5 * DAY],
  ])('that is a date is so to the millisecond: %j', (operators, begins, ends) => {
    const history = History.of([told({ x: toIso(T0) }, T0 - 100 * DAY)]);
    const test = rule(operators);
    if (begins !== null) {
      expect(evaluate(test, history, begins - 1)).toMatchObject({ value: 'false', nextChangeAt: begins });
    }
    expect(evaluate(test, history, begins ?? T0 - 50 * DAY)).toMatchObject({ value: 'true', nextChangeAt: ends });
    if (ends !== null) expect(evaluate(test, history, ends).value).toBe('false');
  });

  it('that is no date is neither in the past nor to come', () => {
    const history = History.of([told({ x: 'tomorrow' })]);
    for (const name of ['withinLast', 'olderThan', 'withinNext', 'furtherThan']) {
      expect(evaluate(rule({ [name]: '1d' }), history, T0)).toMatchObject({ value: 'false', nextChangeAt: null });
    }
  });

  it('has been so for some time', () => {
    const gold = rule({ equals: 'gold', for: '30d' });
    const history = History.of([told({ x: 'gold' }), told({ x: 'gold' }, T0 + 5 * DAY)]);
    expect(evaluate(gold, history, T0 + 30 * DAY - 1)).toMatchObject({ value: 'false', nextChangeAt: T0 + 30 * DAY });
    expect(evaluate(gold, history, T0 + 30 * DAY)).toMatchObject({ value: 'true', nextChangeAt: null });
    const broken = History.of([
      told({ x: 'gold' }),
      told({ x: 'tin' }, T0 + 5 * DAY),
      told({ x: 'gold' }, T0 + 6 * DAY),
    ]);
    expect(evaluate(gold, broken, T0 + 30 * DAY)).toMatchObject({ value: 'false', nextChangeAt: T0 + 36 * DAY });
  });

  it('of which nobody knows how long it has been so, is insufficient until it must be', () => {
    const history = History.of([told({ x: 'gold' })], { startsAt: () => T0 });
    const gold = rule({ equals: 'gold', for: '30d' });
    expect(evaluate(gold, history, T0)).toMatchObject({ value: 'insufficient', settlesAt: T0 + 30 * DAY });
    expect(evaluate(gold, history, T0 + 30 * DAY).value).toBe('true');
  });
});

describe('an anniversary', () => {
  const inBerlin = (within?: string) => rule({ anniversary: { timeZone: 'Europe/Berlin', ...(within && { within }) } });

  it('is the whole day, by the clock of the zone, and the time before it that is asked for', () => {
    const history = History.of([told({ x: '1990-06-15' })]);
    const week = evaluate(inBerlin('7d'), history, at('2026-06-01T00:00:00Z'));
    expect(week).toMatchObject({ value: 'false', nextChangeAt: at('2026-06-07T22:00:00Z') });
    const begun = evaluate(inBerlin('7d'), history, at('2026-06-07T22:00:00Z'));
    expect(begun).toMatchObject({ value: 'true', nextChangeAt: at('2026-06-15T22:00:00Z') });
    const today = evaluate(inBerlin(), history, at('2026-06-14T21:59:59.999Z'));
    expect(today).toMatchObject({ value: 'false', nextChangeAt: at('2026-06-14T22:00:00Z') });
    expect(evaluate(inBerlin(), history, at('2026-06-15T22:00:00Z')).nextChangeAt).toBe(at('2027-06-14T22:00:00Z'));
  });

  it('is not the date itself, and is kept on 28 February where there is no 29th', () => {
    const history = History.of([told({ x: '2024-02-29' }, at('2024-01-01T00:00:00Z'))]);
    expect(evaluate(inBerlin(), history, at('2024-02-29T12:00:00Z')).value).toBe('false');
    expect(evaluate(inBerlin(), history, at('2025-02-28T12:00:00Z')).value).toBe('true');
    expect(evaluate(inBerlin(), history, at('2025-03-01T12:00:00Z')).value).toBe('false');
    expect(evaluate(inBerlin(), history, at('2028-02-29T12:00:00Z')).value).toBe('true');
    expect(evaluate(inBerlin(), history, at('2028-02-28T12:00:00Z')).value).toBe('false');
  });

  it('of an instant is its day in the zone', () => {
    const history = History.of([told({ x: '1990-06-14T23:30:00Z' })]);
    expect(evaluate(inBerlin(), history, at('2026-06-15T12:00:00Z')).value).toBe('true');
  });

  it('reaches over the end of the year', () => {
    const history = History.of([told({ x: '1990-01-02' })]);
    expect(evaluate(inBerlin('7d'), history, at('2026-12-30T12:00:00Z')).value).toBe('true');
    expect(evaluate(inBerlin(), History.of([told({ x: '1990-12-31' })]), at('2026-12-31T22:59:59Z')).value).toBe(
      'true',
    );
  });

  it('that is always near is always true, without an end', () => {
    const history = History.of([told({ x: '1990-01-02' })]);
    const evaluation = evaluate(inBerlin('366d'), history, T0);
    expect(evaluation.value).toBe('true');
    expect(evaluation.nextChangeAt).toBeGreaterThan(T0 + 3 * 365 * DAY);
  });
});
