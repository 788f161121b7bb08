import { fuzzedBody } from '../fuzz/bodies.js';
import { Outcomes } from '../fuzz/outcomes.js';
import { fuzzPure } from '../fuzz/pure.js';

// `npm run fuzz` gives the sources a million bodies and more, and a share of them over HTTP.
describe('fuzzed bodies', () => {
  it('are the same for the same seed and number', () => {
    expect(fuzzedBody(7, 42)).toEqual(fuzzedBody(7, 42));
    expect(fuzzedBody(7, 42)).not.toEqual(fuzzedBody(8, 42));
    expect(fuzzedBody(7, 42)).not.toEqual(fuzzedBody(7, 43));
  });

  it('are read, or refused with an explanation, and hold nothing up', () => {
    const outcomes = new Outcomes();
    expect(fuzzPure(1, { from: 0, to: 10_000 }, outcomes)).toEqual([]);
    // Otherwise they would reach no further than the first check.
    for (const source of ['customerio', 'shopify', 'segment']) {
      for (const outcome of ['events', 'unusable: wrong_shape', 'unusable: bad_timestamp', 'unusable: not_json']) {
        expect({ source, outcome, count: outcomes.of(`${source} ${outcome}`) }).not.toMatchObject({ count: 0 });
      }
    }
  });
});
