import { readJsonBody } from './json-body.js';
import { UnusableDelivery } from './unusable-delivery.js';

function reasonOf(text: string | Buffer): string | undefined {
  try {
    readJsonBody(Buffer.from(text as string));
    return undefined;
  } catch (error) {
    if (error instanceof UnusableDelivery) return error.reason;
    throw error;
  }
}

describe('a JSON body', () => {
  const nested = (levels: number, inner = '1'): string => `${'{"a":'.repeat(levels)}${inner}${'}'.repeat(levels)}`;

  it('may be nested 64 levels deep, of objects and lists', () => {
    expect(reasonOf(nested(64))).toBeUndefined();
    expect(reasonOf(nested(65))).toBe('wrong_shape');
    expect(reasonOf(nested(63, '[]'))).toBeUndefined();
    expect(reasonOf(nested(63, '[[]]'))).toBe('wrong_shape');
    expect(reasonOf(nested(1, `[${'[],'.repeat(1_000)}[]]`))).toBeUndefined();
  });

  it('is not nested by what its texts and names hold', () => {
    const brackets = '[{'.repeat(100);
    for (const text of [brackets, `\\"${brackets}`, `${brackets}\\\\`, `\\u0022${brackets}`]) {
      expect(reasonOf(`{"a":"${text}","${text}":1}`)).toBeUndefined();
    }
    expect(reasonOf(nested(65, `"${brackets}"`))).toBe('wrong_shape');
    expect(reasonOf(`{"a":"\\\\","b":${'['.repeat(64)}${']'.repeat(64)}}`)).toBe('wrong_shape');
  });

  it('is refused at once however many brackets it has', () => {
    const began = performance.now();
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      expect(reasonOf(open.repeat(200_000) + close.repeat(200_000))).toBe('wrong_shape');
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it.each(['', '{', '"', '"\\', '{"a":"', '\ufeff{}', '{"a":1}}', Buffer.from('{"a":"ÿ"}', 'latin1')])(
    'is none: %j',
    (text) => expect(reasonOf(text)).toBe('not_json'),
  );
});
