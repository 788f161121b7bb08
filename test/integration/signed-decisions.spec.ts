import { createHmac } from 'node:crypto';
import { HOUR, T0 } from '../support/builders.js';
import { DecisionLog } from '../../src/decisions/decision-log.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout, type Answer } from '../support/turnout.js';

describe('a decision that a journey of Customer.io asks for', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { CUSTOMERIO_SIGNING_KEYS: `${SIGNING_KEY},other-key` });
    await turnout.must('PUT', '/v1/segments/everyone', { rule: { everyone: true } });
    await turnout.must('PUT', '/v1/journeys/winback', {
      branchPoints: { start: { branches: [{ key: 'yes', segment: 'everyone' }], default: 'no' } },
    });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const PATH = '/v1/journeys/winback/branch-points/start/decide';
  const BODY = '{ "identifiers": { "customer_id": "4711" } }';

  function signed(body: string, key = SIGNING_KEY, seconds = 1_793_440_800): Record<string, string> {
    const signature = createHmac('sha256', key).update(`v0:${seconds}:${body}`).digest('hex');
    return { 'X-CIO-Timestamp': String(seconds), 'X-CIO-Signature': signature };
  }

  const ask = (headers: Record<string, string>, body = BODY, path = PATH): Promise<Answer> =>
    turnout.send({ path, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body) });

  /** How many there are, those included that were answered and are still to be logged. */
  async function decided(): Promise<number> {
    await turnout.app.get(DecisionLog).flush();
    const { rows } = await database.pool.query<{ count: string }>('SELECT count(*) FROM decisions');
    return Number(rows[0]!.count);
  }

  it('needs no API key if Customer.io signed it, with either of its keys', async () => {
    expect(await ask(signed(BODY))).toMatchObject({ status: 200, body: { branch: 'no' } });
    expect((await ask(signed(BODY, 'other-key'))).status).toBe(200);
  });

  it('is over the bytes as they were sent, not over what they mean', async () => {
    const spaced = '{"identifiers":{"customer_id":"4711"}}';
    expect((await ask(signed(BODY), spaced)).status).toBe(401);
    expect((await ask(signed(spaced), spaced)).status).toBe(200);
  });

  it.each([
    ['signed with another key', signed(BODY, 'guess')],
    ['signed for another body', signed('{}')],
    ['signed at another time', { ...signed(BODY), 'X-CIO-Timestamp': '1793440801' }],
    ['without the time', { 'X-CIO-Signature': signed(BODY)['X-CIO-Signature']! }],
    ['with an empty signature', { ...signed(BODY), 'X-CIO-Signature': '' }],
    ['without a signature', {}],
    ['with a wrong API key beside a right signature', { ...signed(BODY), authorization: 'Bearer tk_guess' }],
  ])('is refused %s, and nothing is decided', async (_case, headers) => {
    const before = await decided();
    expect(await ask(headers)).toMatchObject({
      status: 401,
      type: expect.stringContaining('application/problem+json'),
    });
    expect(await decided()).toBe(before);
  });

  it('is taken for as long as its signature holds, to the millisecond, also where its answer stands', async () => {
    const body = JSON.stringify({ identifiers: { customer_id: '1' }, journey_run_id: 'r1' });
    const signedAt = Math.ceil((await database.now()) / 1_000) * 1_000;
    const headers = signed(body, SIGNING_KEY, signedAt / 1_000);
    for (const [by, status] of [
      [-1, 200],
      [0, 200],
      [1, 401],
    ] as const) {
      await database.setClock(signedAt + 168 * HOUR + by);
      const answer = await ask(headers, body);
      expect([by, answer.status]).toEqual([by, status]);
      if (status === 401) expect(answer.body.detail).toBe('The signature is more than 168 hours old.');
    }
    expect((await ask(signed(body, SIGNING_KEY, signedAt / 1_000 + 1), body)).status).toBe(200);
    expect((await turnout.call('POST', PATH, JSON.parse(body))).status).toBe(200);
  });

  it('is the only thing that such a signature opens', async () => {
    const body = JSON.stringify({ name: 'mine', scopes: ['manage'] });
    expect((await ask(signed(body), body, '/v1/api-keys')).status).toBe(401);
    const call = JSON.stringify({ userId: '1', event: 'x' });
    expect((await ask(signed(call), call, '/v1/track')).status).toBe(401);
  });

  it('is refused where no signing key is configured, even signed with nothing', async () => {
    const closed = await TestTurnout.start(database, undefined, { CUSTOMERIO_SIGNING_KEYS: '' });
    const answer = await closed.send({
      path: PATH,
      headers: { 'content-type': 'application/json', ...signed(BODY, '') },
      body: Buffer.from(BODY),
    });
    expect(answer.status).toBe(401);
    await closed.stop();
  });
});
