import { RETENTION } from '../../test/support/builders.js';
import { timeOf } from '../../test/support/time-of.js';
import { simulate, type Simulated } from './simulate.js';

const play = (request: unknown): Simulated & { ok: true } => {
  const simulated = simulate(request, RETENTION);
  if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
  return simulated;
};
const problemsOf = (request: unknown): string[] => {
  const simulated = simulate(request, RETENTION);
  return simulated.ok ? [] : simulated.problems.map((one) => one.pointer);
};

const RULE = { performed: 'click', within: '30d' };
const EVENTS = [{ id: 'c', name: 'click', occurredAt: '2026-03-01T00:00:00Z' }];

describe('a simulation', () => {
  it('shows every change, from the first event on', () => {
    expect(play({ rule: RULE, events: EVENTS, at: 'changes' })).toMatchObject({
      sentence: 'did "click" in the last 30 days',
      isComplete: true,
      results: [
        {
          at: '2026-03-01T00:00:00.000Z',
          value: 'true',
          isMember: true,
          nextChangeAt: '2026-03-31T00:00:00.000Z',
          because: { evidence: ['c'], changesAt: '2026-03-31T00:00:00.000Z' },
        },
        { at: '2026-03-31T00:00:00.000Z', value: 'false', isMember: false, nextChangeAt: null },
      ],
    });
  });

  it('looks at the instants that it is given', () => {
    const at = ['2026-02-28T23:59:59.999Z', '2026-03-01T01:00:00+01:00'];
    const { results } = play({ rule: RULE, events: EVENTS, at });
    expect(results.map((one) => [one.at, one.value])).toEqual([
      ['2026-02-28T23:59:59.999Z', 'false'],
      ['2026-03-01T00:00:00.000Z', 'true'],
    ]);
  });

  it('knows since when the data are complete', () => {
    const rule = { performed: 'purchase', count: { exactly: 0 }, within: '30d' };
    const { results } = play({ rule, historyStartsAt: '2026-03-01T00:00:00Z', at: 'changes' });
    expect(results).toMatchObject([
      { value: 'undetermined', undetermined: 'insufficient', settlesAt: '2026-03-31T00:00:00.000Z' },
      { at: '2026-03-31T00:00:00.000Z', value: 'true' },
    ]);
  });

  it('takes attributes plain or with their history, and rules of segments', () => {
    const request = {
      rule: {
        all: [{ segment: 'german' }, { attribute: 'tags', contains: 'a' }, { attribute: 'plan', equals: 'pro' }],
      },
      segments: { german: { attribute: 'country', equals: 'DE' } },
      attributes: {
        country: 'DE',
        tags: ['a', 'b'],
        plan: [
          { value: 'free', at: '2026-01-01T00:00:00Z' },
          { value: 'pro', at: '2026-02-01T00:00:00Z' },
        ],
      },
      at: 'changes',
    };
    const { results } = play(request);
    expect(results.map((one) => [one.at, one.value])).toEqual([
      ['2026-01-01T00:00:00.000Z', 'false'],
      ['2026-02-01T00:00:00.000Z', 'true'],
    ]);
    expect(results[1]!.because.of!.map((one) => one.evidence)).toEqual([
      undefined,
      ['attribute tags 1'],
      ['attribute plan 2'],
    ]);
  });

  it('takes a thousand events and instants, and no more', () => {
    const many = <T>(number: number, one: T): T[] => Array.from({ length: number }, () => one);
    const at = '2026-01-01T00:00:00Z';
    const request = (events: number, instants: number): object => ({
      rule: RULE,
      events: many(events, { name: 'click', occurredAt: at }),
      at: many(instants, at),
    });
    expect(play(request(1_000, 1_000)).results).toHaveLength(1_000);
    expect(problemsOf(request(1_001, 1))).toEqual(['/events']);
    expect(problemsOf(request(1, 1_001))).toEqual(['/at']);
  });

  it('takes as many events as a rule with sequences can be played over in good time, and no more', () => {
    const at = '2026-01-01T00:00:00Z';
    const chain = (steps: number): object =>
      steps === 0 ? {} : { followedBy: { performed: 'x', ...chain(steps - 1) } };
    const five = { all: [{ performed: 'click', ...chain(4) }, { segment: 'one' }] };
    const request = (events: number): object => ({
      rule: five,
      segments: { one: { performed: 'click', notFollowedBy: { performed: 'y', where: { x: 1 } } } },
      events: Array.from({ length: events }, () => ({ name: 'view', occurredAt: at })),
      at: [at],
    });
    expect(play(request(632)).results).toHaveLength(1);
    expect(simulate(request(633), RETENTION)).toMatchObject({
      problems: [
        {
          pointer: '/events',
          problem: '633 events are too many for rules with 5 steps in sequences',
          expected: 'at most 632 events, or fewer steps',
        },
      ],
    });
  });

  it('answers in the order in which it is asked', () => {
    const at = ['2026-03-31T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-03-31T00:00:00.000Z'];
    const { results } = play({ rule: RULE, events: EVENTS, at });
    expect(results.map((one) => [one.at, one.value])).toEqual([
      [at[0], 'false'],
      [at[1], 'true'],
      [at[2], 'false'],
    ]);
  });

  it('takes no longer for instants from the last to the first', () => {
    const start = Date.UTC(2026, 0, 1);
    const instants = Array.from({ length: 300 }, (_, i) => new Date(start + i * 1_000).toISOString());
    const events = instants.map((occurredAt) => ({ name: 'purchase', occurredAt, properties: { revenue: '1' } }));
    const sum = (atLeast: number): object => ({ performed: 'purchase', sum: { property: 'revenue', atLeast } });
    const rule = { any: [1_000, 2_000, 3_000].map(sum) };
    expect(timeOf(() => play({ rule, events, at: instants.toReversed() }))).toBeLessThan(50);
  });

  it('ends, and says so, where the changes do not', () => {
    const rule = { attribute: 'birthday', anniversary: { timeZone: 'UTC' } };
    const simulated = play({ rule, attributes: { birthday: '1990-01-01' }, at: 'changes' });
    expect(simulated.results).toHaveLength(1_000);
    expect(simulated.isComplete).toBe(false);
  });

  it.each<[unknown, string[]]>([
    [null, ['']],
    [{}, ['', '']],
    [{ rule: {}, at: 'changes' }, ['/rule']],
    [{ rule: RULE, at: ['yesterday'] }, ['/at/0']],
    [{ rule: RULE, at: [], whatever: 1 }, ['/whatever', '/at']],
    [
      { rule: RULE, at: 'changes', events: [{ name: 'click', occurredAt: '2026' }, {}] },
      ['/events/0/occurredAt', '/events/1', '/events/1'],
    ],
    [
      { rule: { segment: 'a' }, segments: { a: { segment: 'b' }, b: { segment: 'a' } }, at: 'changes' },
      ['/segments/a/segment', '/segments/b/segment'],
    ],
    [{ rule: { segment: 'a' }, at: 'changes' }, ['/rule/segment']],
    [
      { rule: { segment: 'a' }, segments: { a: { segment: 'b' }, b: { segment: 'c' } }, at: 'changes' },
      ['/segments/b/segment'],
    ],
    [
      { rule: { segment: 'a' }, segments: { a: { segment: 'b' }, b: { segment: 'b' } }, at: 'changes' },
      ['/segments/b/segment'],
    ],
    [{ rule: RULE, segments: { 'x/y': { nope: 1 } }, at: 'changes' }, ['/segments/x~1y']],
  ])('refuses %j', (request, pointers) => {
    expect(problemsOf(request)).toEqual(pointers);
  });
});
