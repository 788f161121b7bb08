import { click, DAY, event, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';

const view = (at: number, properties: Record<string, unknown> = {}, id?: string) => event('view', at, properties, id);

describe('a chain of several steps', () => {
  const funnel = plan({
    performed: 'view',
    followedBy: { performed: 'click', within: '1d', followedBy: { performed: 'purchase', within: '2d' } },
  });

  it('wants every step in its time after the one before', () => {
    const history = History.of([view(T0), click(T0 + DAY - 1), purchase(T0 + 3 * DAY - 2)]);
    expect(evaluate(funnel, history, T0 + 3 * DAY - 3).value).toBe('false');
    expect(evaluate(funnel, history, T0 + 3 * DAY - 2).value).toBe('true');
    const late = History.of([view(T0), click(T0 + DAY - 1), purchase(T0 + 3 * DAY - 1)]);
    expect(evaluate(funnel, late, T0 + 3 * DAY)).toMatchObject({ value: 'false', nextChangeAt: null });
    const tooLateClick = History.of([view(T0), click(T0 + DAY), purchase(T0 + DAY)]);
    expect(evaluate(funnel, tooLateClick, T0 + DAY).value).toBe('false');
  });

  it('is found whichever of the events in between leads on', () => {
    const history = History.of([view(T0), click(T0), click(T0 + DAY / 2), purchase(T0 + 2 * DAY + 1)]);
    expect(evaluate(funnel, history, T0 + 3 * DAY).value).toBe('true');
  });

  it('carries the same value from step to step', () => {
    const same = plan({
      performed: 'view',
      followedBy: { performed: 'click', same: ['product'], followedBy: { performed: 'purchase', same: ['cart'] } },
    });
    const events = [
      view(T0, { product: 1 }),
      click(T0, { product: 1, cart: 'a' }),
      click(T0, { product: 2, cart: 'b' }),
    ];
    expect(evaluate(same, History.of([...events, purchase(T0, { cart: 'b' })]), T0).value).toBe('false');
    expect(evaluate(same, History.of([...events, purchase(T0, { cart: 'a' })]), T0).value).toBe('true');
  });

  it('needs distinct events for neighbouring steps', () => {
    const twice = plan({ performed: 'view', followedBy: { performed: 'view' } });
    expect(evaluate(twice, History.of([view(T0)]), T0).value).toBe('false');
    expect(evaluate(twice, History.of([view(T0), view(T0)]), T0).value).toBe('true');
  });
});

describe('"not followed" over several steps', () => {
  const stuck = plan({
    performed: 'view',
    notFollowedBy: { performed: 'click', within: '1d', followedBy: { performed: 'purchase', within: '2d' } },
  });

  it('is pending as long as any chain can still be completed', () => {
    expect(evaluate(stuck, History.of([view(T0)]), T0)).toMatchObject({ value: 'pending', settlesAt: T0 + DAY });
    const clicked = History.of([view(T0), click(T0 + DAY - 1)]);
    expect(evaluate(stuck, clicked, T0 + DAY)).toMatchObject({ value: 'pending', settlesAt: T0 + 3 * DAY - 1 });
    expect(evaluate(stuck, clicked, T0 + 3 * DAY - 1)).toMatchObject({ value: 'true', nextChangeAt: null });
  });

  it('is false once one is', () => {
    const bought = History.of([view(T0), click(T0 + 1), purchase(T0 + 2)]);
    expect(evaluate(stuck, bought, T0 + 2)).toMatchObject({ value: 'false', nextChangeAt: null });
  });

  it('in the middle of a chain is waited for, too', () => {
    const chain = plan({
      performed: 'view',
      followedBy: { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } },
    });
    const history = History.of([view(T0), click(T0 + 1)]);
    expect(evaluate(chain, history, T0).value).toBe('false');
    expect(evaluate(chain, history, T0 + 1)).toMatchObject({ value: 'pending', settlesAt: T0 + 3 * DAY + 1 });
    expect(evaluate(chain, history, T0 + 3 * DAY + 1).value).toBe('true');
    expect(evaluate(chain, History.of([view(T0), click(T0 + 1), purchase(T0 + 2)]), T0 + 4 * DAY).value).toBe('false');
  });

  it('without a limit at the end of it holds until an event comes', () => {
    const open = plan({
      performed: 'view',
      notFollowedBy: { performed: 'click', followedBy: { performed: 'purchase' } },
    });
    expect(evaluate(open, History.of([view(T0), click(T0)]), T0)).toMatchObject({ value: 'true', nextChangeAt: null });
    const bought = History.of([view(T0), click(T0), purchase(T0 + DAY)]);
    expect(evaluate(open, bought, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + DAY });
  });
});

describe('anchors', () => {
  const abandoned = (fields: object) =>
    plan({ performed: 'click', within: '30d', notFollowedBy: { performed: 'purchase', within: '3d' }, ...fields });

  it('may have to be several', () => {
    const twice = abandoned({ count: { atLeast: 2 } });
    const history = History.of([click(T0), click(T0 + 10 * DAY)]);
    expect(evaluate(twice, history, T0 + 10 * DAY)).toMatchObject({ value: 'pending', settlesAt: T0 + 13 * DAY });
    expect(evaluate(twice, history, T0 + 13 * DAY)).toMatchObject({ value: 'true', nextChangeAt: T0 + 30 * DAY });
    const bought = History.of([click(T0), purchase(T0 + 1), click(T0 + 10 * DAY)]);
    expect(evaluate(twice, bought, T0 + 13 * DAY).value).toBe('false');
    expect(evaluate(abandoned({ count: { exactly: 0 } }), bought, T0 + 2).value).toBe('true');
    expect(evaluate(abandoned({ count: { exactly: 0 } }), bought, T0 + 10 * DAY).value).toBe('pending');
  });

  it('may be the first or the last in the window', () => {
    const history = History.of([click(T0, {}, 'c1'), purchase(T0 + 1), click(T0 + 10 * DAY, {}, 'c2')]);
    const at = T0 + 20 * DAY;
    expect(evaluate(abandoned({ anchor: 'last' }), history, at).value).toBe('true');
    expect(explain(abandoned({ anchor: 'last' }), history, at).evidence).toEqual(['c2']);
    expect(evaluate(abandoned({ anchor: 'first' }), history, at)).toMatchObject({
      value: 'false',
      nextChangeAt: T0 + 30 * DAY,
    });
    expect(evaluate(abandoned({ anchor: 'first' }), history, T0 + 30 * DAY).value).toBe('true');
    expect(evaluate(abandoned({ anchor: 'last' }), History.of([]), at).value).toBe('false');
  });

  it('that nobody saw leave the first unknown, and the last not', () => {
    const history = History.of([click(T0)], { startsAt: (name) => (name === 'click' ? T0 : -Infinity) });
    expect(evaluate(abandoned({ anchor: 'first' }), history, T0 + 4 * DAY)).toMatchObject({
      value: 'insufficient',
      settlesAt: T0 + 30 * DAY,
    });
    expect(evaluate(abandoned({ anchor: 'last' }), history, T0 + 4 * DAY).value).toBe('true');
  });
});
