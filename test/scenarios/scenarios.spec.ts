import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { TestTurnout } from '../support/turnout.js';
import { instant, type Scenario } from './scenario.js';
import { SCENARIOS } from './stories.js';

/** Reads back all that must hold at any moment: the log replays to the memberships, and so does the destination. */
async function expectConsistent(database: TestDatabase): Promise<void> {
  const { rows } = await database.pool.query<{ wrong: string }>(
    `SELECT count(*) AS wrong FROM memberships m
      WHERE m.ordinal <> (SELECT count(*) FROM transitions t
                           WHERE (t.lane, t.profile_id, t.segment_id) = (m.lane, m.profile_id, m.segment_id))
         OR m.is_member <> (m.ordinal % 2 = 1)`,
  );
  expect(rows[0]!.wrong).toBe('0');
}

describe('through the whole service', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  it.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))('%s', async (_title, scenario) => {
    await database.setClock(instant(-1_000));
    const external = await declare(scenario);
    const people = new Set<string>();
    for (const step of scenario.steps) {
      await database.setClock(instant(step.at));
      for (const webhook of step.webhooks ?? []) {
        seedPeople(webhook.body, people);
        expect((await turnout.send(webhook)).status).toBe(200);
      }
      await turnout.settle();
      for (const [segment, expected] of Object.entries(step.members ?? {})) {
        const held = await turnout.must('GET', `/v1/segments/${segment}/members`);
        const ids = (held.members as { identifiers: { email: string } }[]).map(
          (one) => one.identifiers.email.split('@')[0],
        );
        expect({ at: step.at, segment, members: ids.sort() }).toEqual({ at: step.at, segment, members: expected });
        const pushed = customerio.segmentMembers(external.get(segment)!).sort();
        expect({ at: step.at, segment, pushed }).toEqual({ at: step.at, segment, pushed: expected });
      }
      for (const [point, branches] of Object.entries(step.branches ?? {})) {
        for (const [person, branch] of Object.entries(branches)) {
          const path = `/v1/journeys/story/branch-points/${point}/decide`;
          const answer = await turnout.must('POST', path, { identifiers: { email: `${person}@example.com` } });
          expect({ at: step.at, person, branch: answer.branch }).toEqual({ at: step.at, person, branch });
        }
      }
    }
    await expectConsistent(database);
  });

  async function declare(scenario: Scenario): Promise<Map<string, number>> {
    const external = new Map(Object.keys(scenario.segments).map((key, index) => [key, index + 1]));
    for (const [key, patterns] of Object.entries(scenario.ctas))
      await turnout.must('PUT', `/v1/ctas/${key}`, { patterns });
    for (const [key, rule] of Object.entries(scenario.segments)) {
      customerio.seedSegment({ id: external.get(key)!, name: key, type: 'manual' });
      const push = { customerio: { segmentId: external.get(key) } };
      await turnout.must('PUT', `/v1/segments/${key}`, { rule, push });
    }
    if (scenario.branchPoints) {
      await turnout.must('PUT', '/v1/journeys/story', { branchPoints: scenario.branchPoints });
    }
    return external;
  }

  /** Customer.io knows everybody who appears, as id, email and cio_id. */
  function seedPeople(body: Buffer, known: Set<string>): void {
    for (const [email, person] of body.toString().matchAll(/"([a-z]+)@example\.com"/g)) {
      if (known.has(person!)) continue;
      known.add(person!);
      customerio.seedPerson({ id: person!, email: email.slice(1, -1), cio_id: `cio${person}` });
    }
  }
});
