import { DAY, RETENTION, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout, type Answer } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const at = (ms: number) => new Date(T0 + ms).toISOString();

const NONE_WRONG = { setAside: 0, problems: [] };

describe('segments whose members are uploaded', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
    for (const id of ['1', '2', '3', '4']) customerio.seedPerson({ id, cio_id: `c${id}`, email: `p${id}@example.com` });
    customerio.seedSegment({ id: 7, name: 's7', type: 'manual' });
    await click('1', 0);
    await click('2', 0);
    await turnout.must('POST', '/v1/segments/vip/manual', { push: { customerio: { segmentId: 7 } } });
    await turnout.must('PUT', '/v1/segments/loyal', { rule: { segment: 'vip', for: '2d' } });
    await turnout.must('PUT', '/v1/segments/others', {
      rule: { all: [{ performed: 'click' }, { not: { segment: 'vip' } }] },
    });
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const click = (id: string, ms: number) =>
    turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + ms, identifiers: { id, email: `p${id}@example.com` } }),
    );

  async function upload(body: string, mode = 'add', type = 'application/x-ndjson', key = 'vip'): Promise<Answer> {
    const { key: apiKey } = turnout as unknown as { key: string };
    const response = await fetch(`${turnout.url}/v1/segments/${key}/members?mode=${mode}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': type },
      body,
    });
    const answer = { status: response.status, type: '', body: (await response.json()) as Answer['body'] };
    await turnout.settle();
    return answer;
  }

  async function members(key: string): Promise<string[]> {
    const { members: rows } = await turnout.must('GET', `/v1/segments/${key}/members`);
    return (rows as { identifiers: { customer_id?: string; email: string } }[])
      .map((one) => one.identifiers.customer_id ?? one.identifiers.email)
      .sort();
  }

  it('take people in, known or not, each once; rules and Customer.io know it at once', async () => {
    expect(await members('others')).toEqual(['1', '2']);
    const answer = await upload('{"customer_id": 1}\n{"email": "P3@example.com"}\n\n{"email": "p1@example.com"}\n');
    expect(answer).toMatchObject({ status: 200, body: { added: 2, removed: 0 } });
    expect(await members('vip')).toEqual(['1', 'p3@example.com']);
    expect(await members('others')).toEqual(['2']);
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', '3']);
    expect((await upload('{"customer_id": "1"}\n')).body).toEqual({
      added: 0,
      removed: 0,
      unchanged: 1,
      ...NONE_WRONG,
    });
  });

  it('say since when, so that rules can ask for how long', async () => {
    expect(await members('loyal')).toEqual([]);
    await database.setClock(T0 + 2 * DAY);
    await turnout.settle();
    expect(await members('loyal')).toEqual(['1', 'p3@example.com']);
    expect(await turnout.must('GET', '/v1/segments/vip/profiles/customer_id:1')).toMatchObject({
      isMember: true,
      because: { evidence: [expect.any(String)] },
    });
    expect(await turnout.must('GET', `/v1/segments/vip/profiles/customer_id:1?at=${at(-1)}`).catch(String)).toContain(
      '404',
    );
  });

  it('let people go, and come back even at the same instant', async () => {
    const csv = 'name,customer_id,email\r\nAda,1,\r\n"Grace, H.",,nobody@example.com\r\n';
    expect((await upload(csv, 'remove', 'text/csv')).body).toEqual({
      added: 0,
      removed: 1,
      unchanged: 1,
      ...NONE_WRONG,
    });
    expect(await members('vip')).toEqual(['p3@example.com']);
    await upload('{"customer_id": "1"}\n');
    await upload('{"customer_id": "1"}\n', 'remove');
    await upload('{"customer_id": "1"}\n');
    await database.setClock(T0 + 2 * DAY + 10);
    await turnout.settle();
    expect(await members('vip')).toEqual(['1', 'p3@example.com']);
    const { transitions } = await turnout.must('GET', '/v1/segments/vip/profiles/customer_id:1/transitions');
    expect((transitions as { kind: string }[]).map((one) => one.kind)).toEqual([
      ...['entered', 'exited', 'entered', 'exited', 'entered'],
    ]);
  });

  it('can be replaced as a whole', async () => {
    const answer = await upload('customer_id\n2\n1\n', 'replace', 'text/csv; charset=utf-8');
    expect(answer.body).toEqual({ added: 1, removed: 1, unchanged: 1, ...NONE_WRONG });
    expect(await members('vip')).toEqual(['1', '2']);
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', '2']);
  });

  it('take lists as spreadsheets write them, and as they give members out', async () => {
    await turnout.must('POST', '/v1/segments/guests/manual', {});
    const guests = (body: string, type: string) => upload(body, 'replace', type, 'guests');
    const csv = "\ufeffname;customer_id;phone\r\nAda;1;\r\nEve;;'+4930555012\r\n;=HYPERLINK(1);\r\n";
    expect((await guests(csv, 'text/csv')).body).toMatchObject({ added: 3 });
    expect((await turnout.call('GET', '/v1/profiles/phone:+4930555012')).status).toBe(200);
    for (const [format, type] of [
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
    ] as const) {
      const file = await fetch(`${turnout.url}/v1/segments/guests/members.${format}`, {
        headers: { authorization: `Bearer ${(turnout as unknown as { key: string }).key}` },
      });
      const text = await file.text();
      // A spreadsheet would take these for formulas.
      if (format === 'csv') expect(text).toMatch(/,'\+4930555012,[^]*,'=HYPERLINK\(1\),/);
      expect((await guests(text, type)).body).toEqual({
        added: 0,
        removed: 0,
        unchanged: 3,
        ...NONE_WRONG,
      });
    }
  });

  it('keep whoever is uploaded again, however long ago they first were', async () => {
    await turnout.must('POST', '/v1/segments/press/manual', {});
    const press = (mode?: string) => upload('{"customer_id": "1"}\n', mode, 'application/x-ndjson', 'press');
    await press();
    const start = await database.now();
    const leavesAt = async () => {
      const { members: rows } = await turnout.must('GET', '/v1/segments/press/members');
      return (rows as { leavesAt: string }[]).map((one) => Date.parse(one.leavesAt) - start);
    };
    expect(await leavesAt()).toEqual([RETENTION]);
    await database.setClock(start + RETENTION / 10 - 1);
    expect((await press()).body).toEqual({ added: 0, removed: 0, unchanged: 1, ...NONE_WRONG });
    expect(await leavesAt()).toEqual([RETENTION]);
    await database.setClock(start + RETENTION / 10);
    expect((await press('replace')).body).toEqual({ added: 0, removed: 0, unchanged: 1, ...NONE_WRONG });
    expect(await leavesAt()).toEqual([RETENTION * 1.1]);
    const { transitions } = await turnout.must('GET', '/v1/segments/press/profiles/customer_id:1/transitions');
    expect(transitions).toHaveLength(1);
  });

  it('set aside what names nobody, no address among it, and take the rest', async () => {
    await turnout.must('POST', '/v1/segments/fair/manual', {});
    const list = 'email,phone,customer_id\nn/a,,\nann@x.io,,\n"bo@x.io, cy@x.io",,\n,12,\nunknown,,7\n';
    const { status, body } = await upload(list, 'add', 'text/csv', 'fair');
    expect([status, body]).toMatchObject([200, { added: 2, unchanged: 0, setAside: 3 }]);
    expect(body.problems).toMatchObject([
      { pointer: '/1', detail: 'the email is no address of one person' },
      { pointer: '/3', detail: 'the email is no address of one person' },
      { pointer: '/4', detail: 'the phone is no number' },
    ]);
    expect(await members('fair')).toEqual(['7', 'ann@x.io']);
    const { rows } = await database.pool.query(`SELECT FROM identifiers WHERE value IN ('n/a', 'unknown', '+12')`);
    expect(rows).toEqual([]);
    expect(await upload(list, 'replace', 'text/csv', 'fair')).toMatchObject({ status: 400 });
    expect(await members('fair')).toEqual(['7', 'ann@x.io']);
  });

  it('refuse a list that is not right, with each line that is wrong, and segments that have a rule', async () => {
    const wrong = await upload('{"customer_id": "9"}\nnonsense\n{"colour": "red"}\n', 'replace');
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors).toMatchObject([{ pointer: '/1' }, { pointer: '/2' }]);
    expect((await upload('nonsense\n')).body.errors).toMatchObject([{ pointer: '/0' }]);
    expect((await turnout.call('GET', '/v1/profiles/customer_id:9')).status).toBe(404);
    expect((await upload('colour\nred\n', 'add', 'text/csv')).body.errors).toMatchObject([{ pointer: '/0' }]);
    expect((await upload('{"customer_id": "1"}\n', 'add', 'application/x-ndjson', 'loyal')).status).toBe(409);
    expect((await upload('{"customer_id": "1"}\n', 'add', 'application/x-ndjson', 'nope')).status).toBe(404);
    expect((await turnout.call('PUT', '/v1/segments/vip/members', { customer_id: '1' })).status).toBe(415);
    expect((await turnout.call('POST', '/v1/segments/loyal/manual', {})).status).toBe(409);
  });

  it('say so where a rule takes the place of the list, and come back with its members', async () => {
    await turnout.must('POST', '/v1/segments/crew/manual', {});
    await upload('{"customer_id": "1"}\n', 'add', 'application/x-ndjson', 'crew');
    const ruled = await turnout.must('PUT', '/v1/segments/crew', { rule: { performed: 'quiz_done' } });
    expect(ruled.warnings).toEqual([
      'no event "quiz_done" has ever come in',
      expect.stringMatching(/^it was a list of people until now, .* a rollback restores the list$/),
    ]);
    expect(
      (await turnout.must('PUT', '/v1/segments/crew', { rule: { performed: 'quiz_done' } })).warnings,
    ).toHaveLength(1);
    expect((await turnout.must('POST', '/v1/segments/crew/rollback', { version: 1 })).warnings).toEqual([]);
    await turnout.settle();
    expect((await turnout.must('GET', '/v1/segments/crew/members')).members).toHaveLength(1);
  });

  it('recipes are filled in as new segments', async () => {
    const { recipes } = await turnout.must('GET', '/v1/recipes');
    expect(recipes).toContainEqual(expect.objectContaining({ key: 'vip-by-revenue', sentence: expect.any(String) }));
    const made = await turnout.call('POST', '/v1/recipes/vip-by-revenue/segments', {
      key: 'big-spenders',
      parameters: { amount: '900.00' },
    });
    expect(made).toMatchObject({ status: 201, body: { version: 1, sentence: expect.stringContaining('900.00 EUR') } });
    expect(made.body.warnings).toEqual(['no event "purchase" has ever come in']); // refunds need not come
    const again = { key: 'big-spenders', parameters: { amount: 'much' } };
    expect((await turnout.call('POST', '/v1/recipes/vip-by-revenue/segments', again)).body.errors).toMatchObject([
      { pointer: '/parameters/amount', expected: expect.stringContaining('149.90') },
    ]);
    expect((await turnout.call('POST', '/v1/recipes/vip-by-revenue/segments', { key: 'big-spenders' })).status).toBe(
      409,
    );
    expect((await turnout.call('POST', '/v1/recipes/nope/segments', { key: 'x' })).status).toBe(404);
  });
});
