import { Problem } from '../platform/problem.js';
import { readCounts } from './read-counts.js';

const csv = (...lines: string[]) => readCounts(Buffer.from(lines.join('\n')), 'csv');

describe('a file of counts', () => {
  it('is read as Google Analytics exports it, remarks and all', () => {
    const file = csv(
      '# ----------------------------------------',
      '# Free form 1',
      '',
      'Date,Session campaign,Sessions',
      ',,165',
      '20261123,spring_sale,120',
      '20261123,"autumn, sale",7',
      '20261123,,33',
      '20261123,spring_sale,5',
    );
    expect(file).toEqual({
      metric: 'sessions',
      dimension: 'utm_campaign',
      rows: [
        { day: '2026-11-23', value: 'spring_sale', count: 125 },
        { day: '2026-11-23', value: 'autumn, sale', count: 7 },
      ],
    });
  });

  it('is read by landing page, whose path alone counts', () => {
    const { dimension, metric, rows } = csv(
      '\uFEFFDay;Landing page path;Orders',
      '2026-11-23;https://shop.example/products/beans/?a=b;2.5',
      '2026-11-23;/products/beans;1',
      '2026-11-23;/;4',
    );
    expect([dimension, metric]).toEqual(['landing', 'conversions']);
    expect(rows.map(({ value, count }) => [value, count])).toEqual([
      ['/products/beans', 3.5],
      ['/', 4],
    ]);
  });

  it('is read as NDJSON', () => {
    const text =
      '{"day":"2026-11-23","utm_source":"customerio","sessions":4}\n\n{"day":"2026-11-24","utm_source":"customerio","sessions":"5"}\n';
    expect(readCounts(Buffer.from(text), 'ndjson').rows.map((row) => row.count)).toEqual([4, 5]);
  });

  it.each([
    [
      'no column that is known',
      ['a,b', '1,2'],
      ['no column with the day', 'no column to compare by', 'no column with counts'],
    ],
    ['a day that is none', ['day,utm_campaign,sessions', '2026-02-30,a,1'], ['line 2: its day is none']],
    ['a day of the year 0', ['day,utm_campaign,sessions', '0000-01-01,a,1'], ['line 2: its day is none']],
    [
      'counts that are none',
      ['day,utm_campaign,sessions', '2026-02-03,a,-1', '2026-02-03,b,1', '2026-02-03,c,1e3'],
      ['line 2: its count is none', 'line 4: its count is none'],
    ],
    ['what is no CSV', ['day,utm_campaign,sessions', '2026-02-03,"a,1'], undefined],
    ['nothing', [''], ['no column with the day', 'no column to compare by', 'no column with counts']],
  ])('is refused with what is wrong: %s', (_what, lines, details) => {
    const refused = (): Problem => {
      try {
        throw new Error(`was read: ${JSON.stringify(csv(...lines))}`);
      } catch (error) {
        return error as Problem;
      }
    };
    const problem = refused();
    expect(problem).toBeInstanceOf(Problem);
    if (details) expect(problem.errors.map((one) => one.detail)).toEqual(details);
    else expect(problem.detail).toMatch(/no CSV: see line \d/);
    expect(JSON.stringify(problem)).not.toMatch(/2026-02-03,/);
  });

  it('is refused where it is not in UTF-8, or no NDJSON', () => {
    expect(() => readCounts(Buffer.from([0xff, 0xfe, 0x41]), 'csv')).toThrow('not in UTF-8');
    expect(() => readCounts(Buffer.from('{}\n[1]'), 'ndjson')).toThrow('see line 2');
  });
});
