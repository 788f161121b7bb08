import { click, DAY, plan, T0 } from '../../test/support/builders.js';
import { History } from './history.js';
import type { HistoryEvent } from './history-event.js';
import { advanceMembership, type Stretch } from './membership.js';

const clicked = plan({ performed: 'click', within: '2d' });

function advance(events: HistoryEvent[], stretch: Partial<Stretch> & Pick<Stretch, 'from' | 'until'>) {
  return advanceMembership(clicked, History.of(events), { wasMember: false, ...stretch });
}

describe('advanceMembership', () => {
  it('enters by the event, and is due exactly at the end of the window', () => {
    expect(advance([{ ...click(T0, {}, 'c'), isNew: true }], { from: T0, until: T0 + 5 })).toEqual({
      transitions: [{ kind: 'entered', at: T0, cause: { kind: 'event', eventId: 'c' } }],
      dueAt: T0 + 2 * DAY,
    });
  });

  it('applies every overdue change at the instant it was due, however late', () => {
    const events = [click(T0, {}, 'a'), click(T0 + 5 * DAY, {}, 'b')];
    expect(advance(events, { wasMember: true, from: T0 + 2 * DAY, until: T0 + 30 * DAY })).toEqual({
      transitions: [
        { kind: 'exited', at: T0 + 2 * DAY, cause: { kind: 'time' } },
        { kind: 'entered', at: T0 + 5 * DAY, cause: { kind: 'event', eventId: 'b' } },
        { kind: 'exited', at: T0 + 7 * DAY, cause: { kind: 'time' } },
      ],
      dueAt: null,
    });
  });

  it('does nothing early: a change one millisecond ahead is only due', () => {
    const stretch = { wasMember: true, from: T0 + DAY, until: T0 + 2 * DAY - 1 };
    expect(advance([click(T0)], stretch)).toEqual({ transitions: [], dueAt: T0 + 2 * DAY });
    expect(advance([click(T0)], { ...stretch, until: T0 + 2 * DAY }).transitions).toHaveLength(1);
  });

  it('names the event as the cause where a rule asks for how its name begins', () => {
    const anyClick = plan({ performed: { startsWith: 'cl' }, within: '2d' });
    const history = History.of([{ ...click(T0, {}, 'c'), isNew: true }]);
    expect(advanceMembership(anyClick, history, { wasMember: false, from: T0, until: T0 }).transitions).toEqual([
      { kind: 'entered', at: T0, cause: { kind: 'event', eventId: 'c' } },
    ]);
  });

  it('names a late event as the cause, at the instant of the look that found it', () => {
    const late = { ...click(T0, {}, 'late'), isNew: true };
    expect(advance([late], { from: T0 + DAY, until: T0 + DAY }).transitions).toEqual([
      { kind: 'entered', at: T0 + DAY, cause: { kind: 'event', eventId: 'late' } },
    ]);
  });

  it('names the rule, or the catalogue, when that is what changed', () => {
    const stretch = { from: T0 + 1, until: T0 + 1 };
    expect(advance([click(T0)], { ...stretch, change: 'rule' }).transitions[0]!.cause).toEqual({ kind: 'rule' });
    expect(advance([click(T0)], { ...stretch, change: 'catalogue' }).transitions[0]!.cause).toEqual({
      kind: 'catalogue',
    });
  });
});
