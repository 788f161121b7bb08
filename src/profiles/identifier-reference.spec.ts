import { Problem } from '../platform/problem.js';
import { identifierFromPath } from './identifier-reference.js';

function refusalOf(reference: string, pointer?: string): Problem {
  try {
    identifierFromPath(reference, pointer);
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error(`"${reference}" was not refused`);
}

describe('an identifier in a path or a query', () => {
  it('is a kind and a value, which may hold colons', () => {
    expect(identifierFromPath('email:Ada@Example.com')).toEqual({ kind: 'email', value: 'ada@example.com' });
    expect(identifierFromPath('anonymous_id:a:b')).toEqual({ kind: 'anonymous_id', value: 'a:b' });
  });

  it.each(['ada', '', ':ada', 'mail:ada@example.com', 'toString:1'])('needs a known kind: %j', (reference) => {
    expect(refusalOf(reference)).toMatchObject({
      status: 400,
      errors: [{ pointer: '', detail: 'the identifier has no known kind', expected: expect.stringContaining('email') }],
    });
  });

  it.each(['email:', 'email:  ', `customer_id:${'x'.repeat(321)}`, 'phone:none'])('needs a value: %j', (reference) => {
    const { errors } = refusalOf(reference, '/profile');
    expect(errors).toEqual([
      {
        pointer: '/profile',
        detail: expect.stringContaining('has no usable value'),
        expected: 'a text of 1 to 320 bytes',
      },
    ]);
  });
});
