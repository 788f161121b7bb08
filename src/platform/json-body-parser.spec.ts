import { invalidJson } from './json-body-parser.js';

const VALID = [
  '{"a":[1,-2.5e-3,true,false,null,"x\\u00e9\\n\\\\"],"b":{"c":"é😀"},"d":0.5E+10}',
  ' [ {} , "a" ]\n',
  '"\\ud83d\\ude00"',
];

describe('a body that is not JSON', () => {
  it.each([
    ['{"a": x}', 'line 1, column 7'],
    ['{\n  "a": 1,\n  "b" 2\n}', 'line 3, column 7'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['hello', 'line 1, column 1'],
    ['{"rule": {"performed": "click",\n"within": 30d}}', 'line 2, column 13'],
    ["{'a': 1}", 'line 1, column 2'],
    ['{"a": "line\nbreak"}', 'line 1, column 12'],
    ['{"a": 1} {"b": 2}', 'line 1, column 10'],
    ['[1, 2', 'it ends before it is complete'],
    ['{"a": "b', 'it ends before it is complete'],
  ])('is refused with where it breaks: %j', (text, where) => {
    expect(invalidJson(text)).toMatchObject({ status: 400, detail: expect.stringContaining(where) });
  });

  it('is called incomplete wherever valid JSON is cut off', () => {
    const beginnings = VALID.flatMap((text) =>
      [...text.trimEnd()].map((_, length) => text.slice(0, length)).filter((beginning) => !isJson(beginning)),
    );
    expect(beginnings.length).toBeGreaterThan(80);
    for (const beginning of beginnings) expect(invalidJson(beginning).detail).toContain('ends before it is complete');
  });

  it('is not quoted', () => {
    expect(invalidJson('{"email": "ada@example.com", "b": tru}').detail).not.toContain('ada');
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
