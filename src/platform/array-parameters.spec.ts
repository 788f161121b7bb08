import { instantArray, jsonArray, plainArray, sinceArray, textArray } from './array-parameters.js';

describe('arrays for PostgreSQL', () => {
  it('of what needs no quotes', () => {
    expect(plainArray([1, null, true, 'click'])).toBe('{1,NULL,true,click}');
    expect(plainArray([])).toBe('{}');
  });

  it('of texts, whatever is in them', () => {
    expect(textArray(['a', null, 'null', '', 'b "c" \\ d,e'])).toBe('{"a",NULL,"null","","b \\"c\\" \\\\ d,e"}');
  });

  it('of instants since when something counts, be it always', () => {
    expect(sinceArray([0, -Infinity, Date.UTC(-5, 0)])).toBe('{1970-01-01T00:00:00.000Z,-infinity,-infinity}');
  });

  it('of instants are in UTC, and left to pg where years have not four digits', () => {
    expect(instantArray([0, null, 1_700_000_000_123])).toBe('{1970-01-01T00:00:00.000Z,NULL,2023-11-14T22:13:20.123Z}');
    const far = Date.UTC(10_000, 0);
    expect(instantArray([far, null])).toEqual([new Date(far), null]);
    expect(instantArray([far - 1])).toBe('{9999-12-31T23:59:59.999Z}');
  });

  it('of JSON are one text, in which nothing but the end of a value is a control character', () => {
    const values = [{ a: '\u0001"\\' }, [1], 'x\n'];
    const parts = jsonArray(values).split('\u0001');
    expect(parts.map((part) => JSON.parse(part) as unknown)).toEqual(values);
  });
});
