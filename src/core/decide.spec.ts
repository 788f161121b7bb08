import { click, DAY, plan, purchase, T0 } from '../../test/support/builders.js';
import { decide, explainChoice, settle, type PlannedBranchPoint } from './decide.js';
import { History } from './history.js';

const point: PlannedBranchPoint = {
  branches: [
    { key: 'bought', plan: plan({ performed: 'purchase', within: '30d' }) },
    { key: 'friction', plan: plan({ performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } }) },
  ],
  defaultBranch: 'hook',
  whenPending: 'wait',
};

describe('decide', () => {
  it('takes the first branch that matches, and tells why', () => {
    const history = History.of([click(T0), purchase(T0 + 1, {}, 'p')]);
    const choice = decide(point, history, T0 + DAY);
    expect(choice).toMatchObject({ branch: 'bought', reason: 'TARGETING_MATCH', changesAt: T0 + 1 + 30 * DAY });
    const because = explainChoice(point, history, T0 + DAY, choice);
    expect(because).toMatchObject([{ branch: 'bought', because: { value: 'true', evidence: ['p'] } }]);
  });

  it('waits for a branch that only time will decide', () => {
    expect(decide(point, History.of([click(T0)]), T0 + DAY)).toMatchObject({
      branch: null,
      reason: 'PENDING',
      settlesAt: T0 + 3 * DAY,
    });
  });

  it('counts pending as no match where the branch point does not wait', () => {
    const choice = decide({ ...point, whenPending: 'noMatch' }, History.of([click(T0)]), T0 + DAY);
    expect(choice).toMatchObject({ branch: 'hook', reason: 'DEFAULT', settlesAt: null, changesAt: T0 + 3 * DAY });
  });

  it.each([
    ['hold', null],
    ['default', 'hook'],
  ] as const)('answers "%s" for a branch that rests on a source that lags: %s', (whenStale, branch) => {
    const stale = { ...point, whenStale };
    const history = History.of([click(T0)]);
    const lagging = decide(stale, history, T0 + DAY, ({ key }) => key === 'friction');
    expect(lagging).toMatchObject({ branch, matched: null, reason: 'STALE', settlesAt: null, looked: 1 });
    expect(decide(stale, history, T0 + DAY).reason).toBe('PENDING');
    expect(decide(point, history, T0 + DAY, () => true).reason).toBe('PENDING');
  });

  it('sends everybody else to the default', () => {
    expect(decide(point, History.of([]), T0)).toMatchObject({ branch: 'hook', reason: 'DEFAULT', changesAt: null });
  });
});

describe('settle', () => {
  const clicked = History.of([click(T0)]);
  const asked = T0 + DAY;
  const told = T0 + 3 * DAY;

  it('leaves a decision open until an instant that is still to come', () => {
    const settled = settle(point, clicked, { from: asked, until: told - 1 });
    expect(settled).toMatchObject({ at: asked, openUntil: told, choice: { branch: null, reason: 'PENDING' } });
  });

  it.each([0, 1, 100 * DAY])('is as of the instant at which a branch can be told, looked at %d ms later', (late) => {
    const settled = settle(point, clicked, { from: asked, until: told + late });
    expect(settled).toMatchObject({ at: told, choice: { branch: 'friction', reason: 'TARGETING_MATCH' } });
  });

  it('waits for an event alone where a source lags', () => {
    const held = { ...point, whenStale: 'hold' as const };
    const settled = settle(held, clicked, { from: asked, until: told }, ({ key }) => key === 'friction');
    expect(settled).toMatchObject({ at: asked, openUntil: null, choice: { branch: null, reason: 'STALE' } });
  });
});
