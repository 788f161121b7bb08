import { randomNumbers } from '../../test/support/random-numbers.js';
import { textOfInstant } from './instant-text.js';

describe('an instant as text', () => {
  it('is what dates write, from the year 1 to 9999 and to the millisecond', () => {
    const random = randomNumbers(1);
    const [first, last] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
    const anywhere = Array.from({ length: 5_000 }, () => first + random() * (last - first));
    for (const instant of [first, -1, -0.5, 0, 0.5, 999, 86_399_999, 86_400_000, last, ...anywhere]) {
      expect([instant, textOfInstant(instant)]).toEqual([instant, new Date(instant).toISOString()]);
    }
  });
});
