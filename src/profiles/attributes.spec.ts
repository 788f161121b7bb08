import { attributesOf } from './attributes.js';

const told = (id: string, occurredAt: number, properties: Record<string, unknown>) => ({ id, occurredAt, properties });

describe('the attributes of a profile', () => {
  it('are what the last event that speaks of each says, with what was said before', () => {
    const attributes = attributesOf([
      told('a', 0, { country: 'DE', plan: { key: 'free' } }),
      told('b', 1_000, { country: 'AT' }),
      told('c', 2_000, { country: 'AT', plan: { key: 'free' } }),
      told('d', 3_000, { country: null }),
    ]);
    const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
    expect(attributes).toEqual([
      {
        name: 'country',
        ...{ value: null, since: at(3), eventId: 'd' },
        history: [
          { value: 'AT', since: at(1), eventId: 'b' },
          { value: 'DE', since: at(0), eventId: 'a' },
        ],
      },
      { name: 'plan', value: { key: 'free' }, since: at(0), eventId: 'a', history: [] },
    ]);
  });
});
