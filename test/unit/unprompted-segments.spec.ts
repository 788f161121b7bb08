import { compileRule } from '../../src/core/compile-rule.js';
import type { HistoryStart } from '../../src/core/history.js';
import type { SegmentRules } from '../../src/core/references.js';
import type { Rule } from '../../src/core/rule.js';
import { TouchIndex } from '../../src/core/touch-index.js';
import { unpromptedSegments } from '../../src/memberships/unprompted-segments.js';
import type { PublishedSegment, PublishedSegments } from '../../src/segments/segment-store.js';

const PUBLISHED = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;

describe('the segments that somebody without events could be in', () => {
  const click: Rule = { performed: 'click', within: '30d' };

  it.each<[string, Rule]>([
    ['took no event', { not: click }],
    ['are everyone', { everyone: true }],
    ['are drawn, whoever they turn out to be', { bucket: { seed: 's', from: 0, to: 50 } }],
    ['are drawn in a segment that is named', { segment: 'drawn' }],
    ['did one of two things not', { any: [click, { not: { performed: 'purchase', within: '3d' } }] }],
    ['did something no time', { performed: 'click', within: '7d', count: { exactly: 0 } }],
  ])('include those of people who %s', (_what, rule) => {
    expect(keysOf(rule, () => -Infinity)).toEqual(['s']);
  });

  it.each<[string, Rule]>([
    ['did something', click],
    ['did something and then not another', { ...click, notFollowedBy: { performed: 'purchase', within: '3d' } }],
    ['did one thing and not another', { all: [click, { not: { performed: 'purchase', within: '3d' } }] }],
    ['have an attribute', { attribute: 'plan', equals: 'pro' }],
  ])('leave out those of people who %s', (_what, rule) => {
    expect(keysOf(rule, () => -Infinity)).toEqual([]);
  });

  it('leave out what a missing history makes unknown, if it never becomes true', () => {
    const startsAt = (): number => PUBLISHED - DAY;
    expect(keysOf(click, startsAt)).toEqual([]);
    expect(keysOf({ not: click }, startsAt)).toEqual(['s']);
  });
});

function keysOf(rule: Rule, startsAt: HistoryStart): string[] {
  const drawn: Rule = { bucket: { seed: 'other', from: 0, to: 10 } };
  const rules: SegmentRules = new Map([
    ['drawn', drawn],
    ['s', rule],
  ]);
  const segment: PublishedSegment = {
    id: 1,
    key: 's',
    version: 1,
    rule,
    plan: compileRule(rule, rules),
    absences: [],
    push: [],
    revision: 1,
    publishedAt: PUBLISHED,
  };
  const published: PublishedSegments = { all: [segment], byId: new Map(), rules, index: new TouchIndex([]) };
  return unpromptedSegments(published, startsAt).map((one) => one.key);
}
