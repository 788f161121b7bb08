import { absencesOf } from './absence.js';
import type { Rule } from './rule.js';

const CLICK: Rule = { performed: 'click', within: '7d' };

describe('what a rule needs not to have happened', () => {
  it.each<[string, Rule, unknown[]]>([
    ['nothing, if it only asks what happened', CLICK, []],
    ['nothing for a lower bound', { ...CLICK, count: { atLeast: 3 } }, []],
    ['the event of an upper bound', { performed: 'purchase', count: { exactly: 0 }, within: '90d' }, ['purchase']],
    ['the event of "at most"', { performed: 'click', count: { atLeast: 1, atMost: 2 } }, ['click']],
    ['the event of "not"', { all: [CLICK, { not: { performed: 'purchase' } }] }, ['purchase']],
    ['nothing twice negated', { not: { not: CLICK } }, []],
    ['the event of an upper bound, negated twice', { not: { not: { ...CLICK, count: { atMost: 1 } } } }, ['click']],
    ['the follower that must not come', { ...CLICK, notFollowedBy: { performed: 'purchase' } }, ['purchase']],
    ['nothing for a follower that came', { ...CLICK, followedBy: { performed: 'purchase' } }, []],
    [
      'anchor and follower of a sequence that must not be',
      { not: { ...CLICK, followedBy: { performed: 'purchase' } } },
      ['click', 'purchase'],
    ],
    [
      'the last step of a chain',
      { ...CLICK, followedBy: { performed: 'view', notFollowedBy: { performed: 'purchase' } } },
      ['purchase'],
    ],
    ['anything newer than the last one', { performed: 'purchase', last: { olderThan: '60d' } }, ['purchase']],
    ['no spending above a limit', { performed: 'purchase', sum: { property: 'revenue', below: 100 } }, ['purchase']],
    ['nothing for spending above a limit', { performed: 'purchase', sum: { property: 'revenue', above: 100 } }, []],
    [
      'the opposite of spending above a limit',
      { not: { performed: 'purchase', sum: { property: 'revenue', above: 100 } } },
      ['purchase'],
    ],
    ['nothing for the opposite of an upper bound', { not: { ...CLICK, count: { atMost: 1 } } }, []],
    [
      'the event of a smallest amount',
      { performed: 'purchase', min: { property: 'revenue', atLeast: 10 } },
      ['purchase'],
    ],
    ['nothing for some small amount', { performed: 'purchase', min: { property: 'revenue', below: 10 } }, []],
    ['the event of an average', { performed: 'purchase', avg: { property: 'revenue', above: 10 } }, ['purchase']],
    [
      'the follower of few anchors',
      { ...CLICK, count: { atMost: 1 }, followedBy: { performed: 'purchase' } },
      ['click', 'purchase'],
    ],
    ['nothing for an attribute', { not: { attribute: 'country', equals: 'DE' } }, []],
    ['each name once', { any: [{ not: CLICK }, { not: { performed: 'click' } }] }, ['click']],
    ['what begins alike', { not: { performed: { startsWith: 'email_' } } }, [{ startsWith: 'email_' }]],
  ])('%s', (_, rule, names) => {
    expect(absencesOf(rule)).toEqual(names);
  });

  it('is the same for a segment as for its rule in its place', () => {
    const lapsed: Rule = { not: { performed: 'purchase', within: '60d' } };
    expect(absencesOf({ all: [CLICK, { segment: 'lapsed' }] }, new Map([['lapsed', lapsed]]))).toEqual(['purchase']);
    expect(absencesOf({ not: { segment: 'lapsed' } }, new Map([['lapsed', lapsed]]))).toEqual([]);
  });
});
