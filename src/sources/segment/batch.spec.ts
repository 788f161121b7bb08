import { Problem } from '../../platform/problem.js';
import { callsOfBatch, LARGEST_BATCH_BYTES, LARGEST_CALL_BYTES, MOST_CALLS, singleCall } from './batch.js';
import { readCall } from './read-call.js';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

describe('a batch of Segment calls', () => {
  const item = { type: 'track', event: 'x', userId: '1', messageId: 'm' };

  it('gives each call what it says for all of them, where the call says nothing else', () => {
    const [first, second] = callsOfBatch(
      bytes({
        batch: [item, { ...item, context: { locale: 'de' }, integrations: { A: false }, sentAt: 'own' }],
        context: { locale: 'en', campaign: { name: 'c' } },
        integrations: { A: true, B: true },
        sentAt: 'shared',
      }),
    );
    expect(first!.call).toMatchObject({
      context: { locale: 'en', campaign: { name: 'c' } },
      integrations: { A: true, B: true },
      sentAt: 'shared',
    });
    expect(second!.call).toMatchObject({
      context: { locale: 'de', campaign: { name: 'c' } },
      integrations: { A: false, B: true },
      sentAt: 'own',
    });
  });

  it('keeps of each call its own bytes', () => {
    const [call] = callsOfBatch(bytes({ batch: [item], context: { locale: 'en' } }));
    expect(JSON.parse(call!.body.toString())).toEqual(item);
  });

  it.each([
    null,
    7,
    'x',
    [],
    [item],
    { ...item, properties: { x: 'x'.repeat(LARGEST_CALL_BYTES) } },
    { ...item, context: 7 },
  ])('has calls that are refused alone (%#)', (wrong) => {
    const calls = callsOfBatch(bytes({ batch: [item, wrong, item], context: { a: 1 } }));
    expect(calls.map(({ call }) => readCall(call).kind)).toEqual(['events', 'unusable', 'events']);
  });

  it('makes a new fact of a call without id and time, and the same fact of one with a time', () => {
    const ids = ({ ...changes }): string[] =>
      callsOfBatch(bytes({ batch: [1, 2].map(() => ({ ...item, messageId: undefined, ...changes })) })).map(
        ({ call }) => {
          const read = readCall(call);
          return read.kind === 'events' ? read.events[0]!.sourceEventId : '';
        },
      );
    expect(new Set(ids({})).size).toBe(2);
    expect(new Set(ids({ timestamp: '2026-10-31T10:00:00Z' })).size).toBe(1);
  });

  it.each([
    ['no list', { batch: {} }],
    ['nothing', {}],
    ['empty', { batch: [] }],
    ['too many', { batch: Array(MOST_CALLS + 1).fill(item) }],
  ])('is refused as a whole where it is %s', (_case, body) => {
    expect(problemOf(() => callsOfBatch(bytes(body)))).toMatchObject({ status: 400, errors: [{ pointer: '/batch' }] });
  });

  it('takes the largest batch and no larger one', () => {
    const padded = (size: number): Buffer => {
      const empty = bytes({ batch: [item], padding: '' }).length;
      return bytes({ batch: [item], padding: 'x'.repeat(size - empty) });
    };
    expect(callsOfBatch(padded(LARGEST_BATCH_BYTES))).toHaveLength(1);
    expect(problemOf(() => callsOfBatch(padded(LARGEST_BATCH_BYTES + 1))).status).toBe(413);
    expect(callsOfBatch(bytes({ batch: Array(MOST_CALLS).fill(item) }))).toHaveLength(MOST_CALLS);
  });
});

describe('a single Segment call', () => {
  it('is what its path says', () => {
    expect(singleCall('page', bytes({ type: 'track', userId: '1' })).call['type']).toBe('page');
  });

  it('is at most 32 KB of a JSON object', () => {
    expect(problemOf(() => singleCall('track', bytes({ x: 'x'.repeat(LARGEST_CALL_BYTES) }))).status).toBe(413);
    for (const text of ['', '{', '[]', 'null', '"x"']) {
      expect(problemOf(() => singleCall('track', Buffer.from(text))).status).toBe(400);
    }
  });
});
