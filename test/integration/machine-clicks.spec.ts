import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { naiveActor } from '../support/naive-click-class.js';
import { Chance } from '../support/random-life.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const MINUTE = 60_000;

describe('clicks of machines', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    // Known from the start, so that no first event of a name has everybody looked at again.
    const eventNames = ['click', 'email_delivered', 'email_sent'];
    await turnout.must('PUT', '/v1/sources/customerio/history', { startsAt: '1970-01-01T00:00:00Z', eventNames });
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const send = async (metric: string, at: number, path?: string) => {
    const href = path && `https://shop.example${path}`;
    const answer = await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + at, metric, ...(href && { href }) }),
    );
    expect(answer.status).toBe(200);
  };
  const click = (at: number, path = '/a') => send('clicked', at, path);

  const at = async (instant: number, work: () => Promise<unknown>) => {
    await database.setClock(T0 + instant);
    await work();
    await turnout.settle();
  };

  const log = async () => {
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:4711');
    return (transitions as JsonObject[]).map(({ kind, cause, at: instant }) => [
      kind,
      cause,
      Date.parse(instant as string) - T0,
    ]);
  };

  const eventId = async (name: string) => {
    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM events WHERE name = $1', [name]);
    return rows[0]!.id;
  };

  it("a scanner's do not count; the person's of ten minutes later does", async () => {
    await at(0, () => send('delivered', 0));
    await at(4_000, async () => {
      for (const path of ['/a', '/b', '/c']) await click(3_000, path);
    });
    const why = await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:4711');
    expect(why).toMatchObject({
      isMember: false,
      notCounted: Array.from({ length: 3 }, () => ({
        at: new Date(T0 + 3_000).toISOString(),
        actorClass: 'machine',
        reasons: ['many_links_at_once', 'soon_after_delivery'],
      })),
    });
    await at(10 * MINUTE, () => click(10 * MINUTE));
    expect((await log()).at(-1)).toEqual(['entered', 'event', 600_000]);
    expect(await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:4711')).toMatchObject({
      isMember: true,
      changesAt: new Date(T0 + 10 * MINUTE + 30 * DAY).toISOString(),
    });
  });

  it('the further links of a scanner take back the first', async () => {
    await at(3_000, () => click(3_000, '/a'));
    await at(4_000, () => click(4_000, '/b'));
    expect(await log()).toEqual([['entered', 'event', 3_000]]);
    await at(5_000, () => click(5_000, '/c'));
    expect(await log()).toEqual([
      ['entered', 'event', 3_000],
      ['exited', 'reclassification', 5_000],
    ]);
  });

  it('a delivery that is told of after its clicks makes them what they are', async () => {
    await at(MINUTE, () => click(1_000));
    expect(await log()).toEqual([['entered', 'event', 1_000]]);
    await at(2 * MINUTE, () => send('delivered', 0));
    expect(await log()).toEqual([
      ['entered', 'event', 1_000],
      ['exited', 'reclassification', 1_000],
    ]);
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:4711');
    expect((transitions as JsonObject[])[1]).toMatchObject({ causeEventId: await eventId('email_delivered') });
  });

  it('each class, and the reasons for it, can be asked for', async () => {
    await turnout.must('PUT', '/v1/segments/strict', {
      rule: { performed: 'click', by: 'strictHumans', within: '30d' },
    });
    await turnout.must('PUT', '/v1/segments/machines', { rule: { performed: 'click', by: 'machines', within: '30d' } });
    await turnout.must('PUT', '/v1/segments/hasty', {
      rule: { performed: 'click', where: { actor_reasons: { contains: 'soon_after_delivery' } }, within: '30d' },
    });
    await at(5_000, () => click(5_000));
    const members = async () => {
      const found = (await turnout.must('GET', '/v1/profiles/customer_id:4711')).memberships as JsonObject[];
      return found.filter(({ isMember }) => isMember === true).map(({ segment }) => segment as string);
    };
    expect((await members()).sort()).toEqual(['clicked', 'strict']);
    await at(MINUTE, () => send('delivered', 0));
    expect((await members()).sort()).toEqual(['clicked', 'hasty']);
    await at(2 * MINUTE, () => send('delivered', 4_000));
    expect(await members()).toEqual(['machines']);
  });

  it('a honeypot counts from when it is declared, for clicks of before as well', async () => {
    await at(MINUTE + 2_000, async () => {
      await click(MINUTE, '/hidden');
      await click(MINUTE + 2_000, '/a');
    });
    expect(await log()).toEqual([['entered', 'event', MINUTE]]);
    const trap = { kind: 'honeypot', patterns: [{ path: '/hidden' }] };
    await at(2 * MINUTE, () => turnout.must('PUT', '/v1/ctas/trap', trap));
    expect((await log()).at(-1)).toEqual(['exited', 'catalogue', 2 * MINUTE]);
    await at(3 * MINUTE, () => click(2 * MINUTE + 2_000, '/a'));
    expect((await log()).at(-1)).toEqual(['entered', 'event', 2 * MINUTE + 2_000]);
  });

  it('in whatever order the facts come, the answer is that of all of them together', async () => {
    await turnout.must('PUT', '/v1/segments/machines', { rule: { performed: 'click', by: 'machines' } });
    await turnout.must('PUT', '/v1/segments/strict', { rule: { performed: 'click', by: 'strictHumans' } });
    await database.setClock(T0 + 10 * MINUTE);
    const chance = new Chance(7);
    const lives = new Map(Array.from({ length: 12 }, (_, person) => [`p${person}`, randomFacts(chance)]));
    const all = [...lives].flatMap(([id, facts]) => facts.map((fact) => ({ id, fact })));
    for (const { id, fact } of chance.shuffled(all)) {
      const { metric, at: instant, path } = fact;
      const href = path && `https://shop.example${path}`;
      const options = { secret: SIGNING_KEY, at: T0 + instant, metric, identifiers: { id }, ...(href && { href }) };
      expect((await turnout.send(customerioWebhook(options))).status).toBe(200);
      if (chance.happens(0.2)) await turnout.settle();
    }
    await turnout.settle();
    const found: Record<string, string[]> = {};
    for (const segment of ['clicked', 'machines', 'strict']) {
      const { members } = await turnout.must('GET', `/v1/segments/${segment}/members`);
      const ids = (members as JsonObject[]).map(({ identifiers }) => (identifiers as JsonObject).customer_id as string);
      found[segment] = ids.sort();
    }
    expect(found).toEqual({
      clicked: whoClicked(lives, (actor) => actor !== 'machine'),
      machines: whoClicked(lives, (actor) => actor === 'machine'),
      strict: whoClicked(lives, (actor) => actor === 'human'),
    });
    expect(Object.values(found).every((ids) => ids.length > 0 && ids.length < lives.size)).toBe(true);
  });
});

interface Fact {
  metric: string;
  at: number;
  path?: string;
}

/** A delivery, and clicks close to it and to each other. */
function randomFacts(chance: Chance): Fact[] {
  const clicks = Array.from({ length: 1 + chance.below(4) }, (_, index) => ({
    metric: 'clicked',
    at: MINUTE + chance.below(14) * 1_000,
    path: `/${index}${chance.of(['a', 'b', 'c'])}`,
  }));
  return chance.happens(0.8) ? [...clicks, { metric: 'delivered', at: MINUTE }] : clicks;
}

function whoClicked(lives: ReadonlyMap<string, readonly Fact[]>, isWanted: (actor: string) => boolean): string[] {
  const who = [...lives].filter(([, facts]) => {
    const events = facts.map(({ metric, at: instant, path }, index) => ({
      id: String(index),
      name: metric === 'clicked' ? 'click' : `email_${metric}`,
      occurredAt: instant,
      properties: { delivery_id: 'd', channel: 'email', href: path },
    }));
    const links = { kindOf: () => undefined, linkOf: (href: string) => href };
    return events.some((event) => event.name === 'click' && isWanted(naiveActor(event, events, links)));
  });
  return who.map(([id]) => id).sort();
}
