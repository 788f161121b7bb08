import { Ajv2020 } from 'ajv/dist/2020.js';
import { DataSource } from 'typeorm';
import type { Scope } from '../../src/platform/auth/access.js';
import { ApiKeyStore } from '../../src/platform/auth/api-key-store.js';
import { SCENARIOS } from '../scenarios/stories.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, TurnoutClient } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';
import { WRONG_RULES } from '../support/wrong-rules.js';

const CLICKED = { performed: 'click', within: '30d' };

const PROBLEM = { status: 400, type: expect.stringContaining('application/problem+json') as unknown };

describe('/v1/rules', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, metric: 'opened' }));
    await turnout.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0 }));
    await database.setClock(T0 + DAY);
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + DAY, metric: 'delivered' }));
    for (const [key, rule] of Object.entries({
      buyers: { performed: 'purchase', within: '90d' },
      openers: { performed: 'email_opened', within: '1d' },
      fans: { all: [{ segment: 'buyers' }, { segment: 'openers', for: '12h' }] },
    })) {
      await turnout.must('PUT', `/v1/segments/${key}`, { rule });
    }
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  describe('validate', () => {
    const validate = (rule: unknown) => turnout.must('POST', '/v1/rules/validate', { rule });

    it('says what a rule says, and what it rests on', async () => {
      expect(
        await validate({ performed: 'purchase', within: '90d', sum: { property: 'revenue', atLeast: 500 } }),
      ).toEqual({
        isValid: true,
        sentence: expect.stringContaining('90 days') as unknown,
        needs: {
          events: [
            { event: 'purchase', source: 'shopify', completeSince: new Date(T0).toISOString() },
            { event: 'order_cancelled', source: null, completeSince: null },
            { event: 'order_refunded', source: null, completeSince: null },
          ],
          lookback: '90 days',
          ...{ segments: [], ctas: [] },
        },
      });
    });

    it('names every event that begins as asked for, and the beginning where none does', async () => {
      const { needs } = await validate({
        any: [{ performed: { startsWith: 'email_' } }, { performed: { startsWith: 'sms_' }, within: '7d' }],
      });
      expect(needs).toEqual({
        events: [
          { event: 'email_delivered', source: 'customerio', completeSince: new Date(T0 + DAY).toISOString() },
          { event: 'email_opened', source: 'customerio', completeSince: new Date(T0).toISOString() },
          { event: { startsWith: 'sms_' }, source: null, completeSince: null },
        ],
        lookback: 'all events that are kept',
        ...{ segments: [], ctas: [] },
      });
    });

    it('counts the segments below those that are named, and what they rest on', async () => {
      const { sentence, needs } = await validate({ not: { segment: 'fans' } });
      expect(sentence).toContain('in the segment "fans"');
      expect(needs).toMatchObject({ lookback: '90 days', segments: ['buyers', 'fans', 'openers'] });
      const events = needs.events as { event: string }[];
      expect(events.map((one) => one.event).sort()).toEqual([
        'email_opened',
        'order_cancelled',
        'order_refunded',
        'purchase',
      ]);
    });

    it('a rule that asks nothing of events needs none', async () => {
      const { needs } = await validate({ bucket: { seed: 'spring', from: 0, to: 10 } });
      expect(needs).toMatchObject({ events: [], segments: [] });
    });

    it('names every problem with a pointer and what would be right', async () => {
      const rule = {
        all: [
          { performed: 'click', within: 'soon', count: { atLeast: -1 } },
          { 'a/b': 1 },
          { performed: 'click', where: { 'x/y~z': { in: [] } } },
        ],
      };
      const answer = await validate(rule);
      expect(answer).toEqual({ isValid: false, problems: expect.anything() as unknown });
      const problems = answer.problems as { pointer: string; detail: string; expected: string }[];
      expect(problems.map((one) => one.pointer)).toEqual([
        '/rule/all/0/within',
        '/rule/all/0/count/atLeast',
        '/rule/all/1',
        '/rule/all/2/where/x~1y~0z/in',
      ]);
      expect(problems.every((one) => one.detail !== '' && one.expected !== '')).toBe(true);
    });

    it('knows the published segments, and no others', async () => {
      const { isValid, problems } = await validate({ any: [{ segment: 'buyers' }, { not: { segment: 'nope' } }] });
      expect(isValid).toBe(false);
      expect(problems).toEqual([
        {
          pointer: '/rule/any/1/not/segment',
          detail: 'there is no segment "nope"',
          expected: 'the key of a published segment',
        },
      ]);
    });

    it.each([[[]], ['click'], [null], [7], [{}], [{ rules: CLICKED }], [undefined]])(
      'answers a body of %j with the problem that there is no rule',
      async (body) => {
        const answer = await turnout.call('POST', '/v1/rules/validate', body);
        expect(answer).toMatchObject({ status: 200, body: { isValid: false, problems: [{ pointer: '/rule' }] } });
      },
    );

    it('publishes nothing', async () => {
      await validate(CLICKED);
      const { segments } = await turnout.must('GET', '/v1/segments');
      expect(segments).toHaveLength(3);
    });
  });

  describe('simulate', () => {
    const simulate = (body: unknown) => turnout.call('POST', '/v1/rules/simulate', body);
    const at = (ms: number) => new Date(T0 + ms).toISOString();

    const ABANDONED = {
      performed: 'click',
      within: '7d',
      notFollowedBy: { performed: 'purchase', within: '3d' },
    };
    const EVENTS = [
      { id: 'first', name: 'click', occurredAt: at(0) },
      { id: 'second', name: 'click', occurredAt: at(DAY) },
      { id: 'order', name: 'purchase', occurredAt: at(2 * DAY), properties: { order_id: '1' } },
      { id: 'undone', name: 'order_cancelled', occurredAt: at(6 * DAY), properties: { order_id: '1' } },
    ];

    it('plays a worked timeline: every change, why it is so, and when it settles', async () => {
      const { status, body } = await simulate({ rule: ABANDONED, events: EVENTS, at: 'changes' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ sentence: expect.stringContaining('not followed') as unknown, isComplete: true });
      const results = body.results as Record<string, unknown>[];
      expect(results.map((one) => [one.at, one.value, one.isMember, one.settlesAt, one.nextChangeAt])).toEqual([
        [at(0), 'undetermined', false, at(2 * DAY), at(2 * DAY)],
        [at(2 * DAY), 'false', false, null, at(6 * DAY)],
        [at(6 * DAY), 'true', true, null, at(8 * DAY)],
        [at(8 * DAY), 'false', false, null, null],
      ]);
      expect(results[0]).toMatchObject({ undetermined: 'pending', because: { changesAt: at(2 * DAY) } });
      expect(results[2]).toMatchObject({ because: { value: 'true', evidence: ['second', 'first'] } });
      expect(results[2]).not.toHaveProperty('undetermined');
    });

    it('looks at the instants that are asked for, in their order', async () => {
      const instants = [at(8 * DAY), at(8 * DAY - 1), at(-1)];
      const { body } = await simulate({ rule: ABANDONED, events: EVENTS, at: instants });
      const results = body.results as { at: string; value: string }[];
      expect(results.map((one) => [one.at, one.value])).toEqual([
        [instants[0], 'false'],
        [instants[1], 'true'],
        [instants[2], 'false'],
      ]);
    });

    it('knows the segments that it is given, and none that are published', async () => {
      const request = {
        rule: { segment: 'active', for: '2d' },
        events: EVENTS.slice(0, 2),
        segments: { active: { any: [{ segment: 'clicked' }] }, clicked: { performed: 'click', within: '36h' } },
        at: 'changes',
      };
      const { body } = await simulate(request);
      expect((body.results as { at: string; value: string }[]).map((one) => [one.at, one.value])).toEqual([
        [at(0), 'false'],
        [at(2 * DAY), 'true'],
        [at(DAY + 36 * HOUR), 'false'],
      ]);
      expect(await simulate({ rule: { segment: 'buyers' }, at: 'changes' })).toMatchObject({
        ...PROBLEM,
        body: { errors: [{ pointer: '/rule/segment', detail: 'there is no segment "buyers"' }] },
      });
    });

    it('tells too little history from "no", and says since when it would suffice', async () => {
      const rule = { performed: 'purchase', count: { exactly: 0 }, within: '30d' };
      const { body } = await simulate({ rule, historyStartsAt: at(0), at: [at(0), at(30 * DAY)] });
      expect(body.results).toMatchObject([
        { value: 'undetermined', undetermined: 'insufficient', settlesAt: at(30 * DAY) },
        { value: 'true', settlesAt: null },
      ]);
    });

    it('names every problem of the request with a pointer', async () => {
      const answer = await simulate({
        rule: { all: [{ performed: 'click', within: 'soon' }, { segment: '' }] },
        segments: { 'a/b': { everyone: false } },
        at: 'changes',
      });
      expect(answer).toMatchObject(PROBLEM);
      expect(pointersIn(answer.body)).toEqual(['/rule/all/0/within', '/rule/all/1/segment', '/segments/a~1b/everyone']);
      const form = await simulate({ events: [{ name: 'click' }], historyStartsAt: 'always', at: ['noon'], what: 1 });
      expect(form).toMatchObject(PROBLEM);
      expect(pointersIn(form.body).sort()).toEqual(['', '/at/0', '/events/0', '/historyStartsAt', '/what']);
    });

    it.each([
      ['a circle', { a: { segment: 'b' }, b: { segment: 'a' } }, ['/segments/a/segment', '/segments/b/segment']],
      [
        'a circle below the rule',
        { a: { segment: 'b' }, b: { segment: 'c' }, c: { segment: 'b' } },
        ['/segments/b/segment', '/segments/c/segment'],
      ],
      ['a segment that is not there', { a: { segment: 'b' }, b: { segment: 'c' } }, ['/segments/b/segment']],
    ])('refuses %s among the given segments', async (_what, segments, pointers) => {
      const answer = await simulate({ rule: { segment: 'a' }, segments, at: 'changes' });
      expect(answer).toMatchObject(PROBLEM);
      expect(pointersIn(answer.body)).toEqual(pointers);
    });

    it.each([[[]], ['click'], [null], [undefined]])('refuses a body of %j', async (body) => {
      expect(await simulate(body)).toMatchObject({ ...PROBLEM, body: { errors: [{ pointer: '' }] } });
    });
  });

  describe('schema', () => {
    it('is JSON Schema that takes every rule of the stories, and none of those wrong in form', async () => {
      const accepts = new Ajv2020({ strictTypes: false }).compile(await turnout.must('GET', '/v1/rules/schema'));
      const rules = SCENARIOS.flatMap((scenario) => Object.values(scenario.segments));
      expect(rules.length).toBeGreaterThan(15);
      expect(rules.filter((rule) => !accepts(rule))).toEqual([]);
      expect(WRONG_RULES.filter((rule) => accepts(rule))).toEqual([]);
    });

    it('takes nothing for wrong that is right, nor the other way round, in these', async () => {
      const isValid = async (rule: unknown) => {
        const answer = await turnout.must('POST', '/v1/rules/validate', { rule });
        return answer.isValid as boolean;
      };
      for (const rule of WRONG_RULES) expect([rule, await isValid(rule)]).toEqual([rule, false]);
      for (const { title, segments } of SCENARIOS) {
        for (const [key, rule] of Object.entries(segments)) {
          if (key !== 'loyal' && key !== 'cooled')
            expect([title, key, await isValid(rule)]).toEqual([title, key, true]);
        }
      }
    });
  });

  describe('to whom', () => {
    const clientWith = async (scopes: readonly Scope[]) => {
      const manager = turnout.app.get(DataSource).manager;
      const { key } = await turnout.app.get(ApiKeyStore).create(manager, { name: scopes.join(), scopes });
      return new TurnoutClient(turnout.url, key);
    };
    const REQUESTS: [string, string, unknown][] = [
      ['POST', '/v1/rules/validate', { rule: CLICKED }],
      ['POST', '/v1/rules/simulate', { rule: CLICKED, at: 'changes' }],
      ['GET', '/v1/rules/schema', undefined],
    ];

    it.each(REQUESTS)('%s %s takes the scope "manage"', async (method, path, body) => {
      expect((await new TurnoutClient(turnout.url, 'tk_nobody').call(method, path, body)).status).toBe(401);
      expect((await (await clientWith(['decide', 'ingest'])).call(method, path, body)).status).toBe(403);
      expect((await (await clientWith(['manage'])).call(method, path, body)).status).toBe(200);
    });
  });
});

function pointersIn(body: Record<string, unknown>): string[] {
  return (body.errors as { pointer: string }[]).map((one) => one.pointer);
}
