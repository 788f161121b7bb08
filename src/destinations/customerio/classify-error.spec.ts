import { CustomerIORequestError } from 'customerio-node';
import { retryAfterMs } from '../outcome-of-status.js';
import { classifyError } from './classify-error.js';

function answered(statusCode: number, body: unknown, headers: Record<string, string> = {}): CustomerIORequestError {
  const json = body as Record<string, unknown>;
  return new CustomerIORequestError(json, statusCode, { statusCode, headers, ok: false }, JSON.stringify(body));
}

describe('the class of a Customer.io error', () => {
  it.each([408, 500, 501, 502, 503, 504, 522, 524, 599])('is retry for %i, which time may mend', (code) => {
    expect(classifyError(answered(code, {}), [])).toEqual({ kind: 'retry', reason: `Customer.io answered ${code}` });
  });

  it('is retry at a lower pace for 429, and for whatever says how long to wait', () => {
    const reason = (code: number) => `Customer.io answered ${code}`;
    expect(classifyError(answered(429, {}), [])).toEqual({ kind: 'retry', reason: reason(429), isBusy: true });
    expect(classifyError(answered(503, {}, { 'retry-after': '2' }), [])).toHaveProperty('isBusy', true);
  });

  it.each([400, 402, 404, 405, 409, 410, 413, 422])('is rejected for %i, which stays so', (code) => {
    expect(classifyError(answered(code, {}), [])).toEqual({ kind: 'rejected', reason: `Customer.io answered ${code}` });
  });

  it.each([401, 403])('is retry for %i, with a hint at credentials and region: the messages are right', (code) => {
    const outcome = classifyError(answered(code, { meta: { error: 'unauthorized' } }), []);
    expect(outcome).toMatchObject({ kind: 'retry' });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(/unauthorized.*API key.*region/));
  });

  it('is retry for anything else that was thrown, with no word of its message', () => {
    for (const thrown of [new RangeError('ana@example.com'), 'ana@example.com', undefined, null, { message: 7 }]) {
      const outcome = classifyError(thrown, []);
      expect(outcome.kind).toBe('retry');
      expect(JSON.stringify(outcome)).not.toContain('ana');
    }
  });

  it("tells a connection's failure by its code alone", () => {
    const failed = new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED', address: '10.0.0.1' } });
    expect(classifyError(failed, [])).toEqual({ kind: 'retry', reason: 'the connection failed (ECONNREFUSED)' });
  });
});

describe('the reason of a rejection', () => {
  const reasonFor = (errors: string[], sent: string[]) =>
    (classifyError(answered(400, { meta: { errors } }), sent) as { reason: string }).reason;

  it("holds all of Customer.io's own texts", () => {
    expect(reasonFor(['ids too long', 'segment not found'], [])).toBe(
      'Customer.io answered 400: ids too long; segment not found',
    );
  });

  it('holds no identifier that was sent, however it is quoted', () => {
    const sent = ['c.42+x', 'straße 7', 'A1'];
    expect(reasonFor(['no c.42+x, "C.42+X", (a1) or /customers/stra%C3%9Fe%207/events, straße 7'], sent)).toBe(
      'Customer.io answered 400: no [id], "[id]", ([id]) or /customers/[id]/events, [id]',
    );
  });

  it('holds no email, whether it was sent or not', () => {
    expect(reasonFor(['<ana@example.com> and bo%40example.com are unknown'], [])).toBe(
      'Customer.io answered 400: <[email]> and [email] are unknown',
    );
  });

  it('keeps words that merely contain a short identifier', () => {
    expect(reasonFor(['ids must be 1 to 1000 strings'], ['i', '100', 's', ''])).toBe(
      'Customer.io answered 400: ids must be 1 to 1000 strings',
    );
  });

  it('is one line of bounded length without control characters', () => {
    const reason = reasonFor([`first\n\u0000second ${'x'.repeat(1_000)}`], []);
    expect(reason).toMatch(/^Customer\.io answered 400: first second x+$/);
    expect(reason.length).toBeLessThan(400);
  });

  it("tells a refused batch in the words of the API's second version, whose list has another place and form", () => {
    const errors = [{ reason: 'required', field: 'batch', message: 'must not be empty for ana' }, null, 'text'];
    expect(classifyError(answered(400, { errors }), ['ana'])).toEqual({
      kind: 'rejected',
      reason: 'Customer.io answered 400: required, batch, must not be empty for [id]',
    });
  });

  it('does without texts that are none', () => {
    for (const body of [
      null,
      [],
      'text',
      { meta: null },
      { meta: { error: { code: 1 } } },
      { meta: { errors: [1] } },
      { errors: [{}, { reason: 1 }] },
      { errors: 'text' },
    ]) {
      expect(classifyError(answered(400, body), [])).toEqual({ kind: 'rejected', reason: 'Customer.io answered 400' });
    }
  });
});

describe('Retry-After', () => {
  const date = 'Tue, 24 Nov 2026 10:00:00 GMT';

  it('is read in seconds', () => {
    expect(retryAfterMs({ 'retry-after': '17' })).toBe(17_000);
  });

  it("is read as a date, set against the answer's own date", () => {
    expect(retryAfterMs({ 'retry-after': 'Tue, 24 Nov 2026 10:01:30 GMT', date })).toBe(90_000);
  });

  it.each([
    ['is absent', {}],
    ['means at once', { 'retry-after': '0' }],
    ['is a date without one to set it against', { 'retry-after': 'Tue, 24 Nov 2026 10:01:30 GMT' }],
    ['lies in the past', { 'retry-after': 'Tue, 24 Nov 2026 09:00:00 GMT', date }],
    ['is nonsense', { 'retry-after': 'soon', date }],
    ['is negative', { 'retry-after': '-5', date }],
  ])('is left to the caller when it %s', (_, headers) => {
    expect(retryAfterMs(headers as Record<string, string>)).toBeUndefined();
  });

  it('is taken as an hour when it asks for more', () => {
    expect(retryAfterMs({ 'retry-after': '9'.repeat(400) })).toBe(3_600_000);
    expect(retryAfterMs({ 'retry-after': 'Tue, 24 Nov 2099 10:00:00 GMT', date })).toBe(3_600_000);
  });

  it('goes with the retry', () => {
    expect(classifyError(answered(503, {}, { 'retry-after': '2' }), [])).toEqual({
      kind: 'retry',
      reason: 'Customer.io answered 503',
      isBusy: true,
      retryAfterMs: 2_000,
    });
  });
});
