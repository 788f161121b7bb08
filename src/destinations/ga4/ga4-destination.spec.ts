import { validate } from 'class-validator';
import { Ga4Server } from '../../../test/support/ga4-server.js';
import { OutboundHttp } from '../../platform/outbound/outbound-http.js';
import type { Addressee, ConversionMessage, DecisionMessage, Destination } from '../destination.js';
import { ga4Kind } from './ga4-destination.js';
import { Ga4Settings } from './ga4-settings.js';

const NOW = 1_795_514_400_000;
const HOURS_72 = 72 * 3_600_000;
const CREDENTIALS = { measurementId: 'G-ABC1234567', apiSecret: 'collect-secret' };

let server: Ga4Server;

beforeEach(async () => {
  server = await Ga4Server.start(CREDENTIALS, () => NOW);
});

afterEach(() => server.stop());

function destinationOf(more: object = {}): Destination {
  const http = new OutboundHttp({ trustedHosts: [server.host] });
  const settings = { ...CREDENTIALS, collectUrl: `http://${server.host}`, ...more };
  return ga4Kind.create('ga4', settings, { timeoutMs: 5_000, http, now: () => NOW });
}

function decision(addressee: Addressee, id: string, more: Partial<DecisionMessage> = {}): DecisionMessage {
  const data = { branch: 'buyers', journey: 'winback', matched: true, journey_version: 3, settles_at: null };
  return { kind: 'decision', addressee, id, occurredAt: NOW - 1_000, data, ...more };
}

describe('decisions at Google Analytics', () => {
  it('are events of a pseudonym, at the instant of the decision, with what is about nobody', async () => {
    const addressee = { customerId: '42', email: 'ada@example.com', cioId: 'c42' };
    const data = { ...decision({}, '').data, email: 'ada@example.com', evidence: 'secret' };
    expect(await destinationOf().send([decision(addressee, 'd1', { data })])).toEqual([{ kind: 'accepted' }]);
    const params = { journey: 'winback', branch: 'buyers', matched: 'true', journey_version: 3, decision_id: 'd1' };
    expect(server.hits).toEqual([
      {
        name: 'turnout_branch_decided',
        clientId: expect.stringMatching(/^\d+\.\d+$/),
        userId: undefined,
        timestampMicros: (NOW - 1_000) * 1_000,
        params: { ...params, engagement_time_msec: 1 },
      },
    ]);
    expect(JSON.stringify(server.bodies)).not.toMatch(/ada|c42|"42"|secret/);
  });

  it('of one person share a pseudonym, those of two do not', async () => {
    const messages = [{ customerId: '1' }, { customerId: '1', email: 'a@x.io' }, { email: '1' }, { cioId: '1' }];
    await destinationOf().send(messages.map((addressee, index) => decision(addressee, `d${index}`)));
    const of = (id: string) => server.hits.find((one) => one.params['decision_id'] === id)!.clientId;
    expect(of('d0')).toBe(of('d1'));
    expect(new Set(['d0', 'd2', 'd3'].map(of)).size).toBe(3);
  });

  it('carry the customer id as user id only where that is wanted, and never an email address', async () => {
    const destination = destinationOf({ sendUserId: true });
    await destination.send([decision({ customerId: '42' }, 'd1'), decision({ customerId: 'ada@example.com' }, 'd2')]);
    expect(server.hits.map((one) => one.userId).sort()).toEqual(['42', undefined]);
    // Google takes 256 characters; a customer id may have 320 bytes.
    const long = ['a'.repeat(256), 'a'.repeat(257)];
    await destination.send(long.map((customerId, index) => decision({ customerId }, `d${3 + index}`)));
    expect(server.decisions()).toEqual(['d1', 'd2', 'd3', 'd4']);
    expect(
      server.hits
        .slice(2)
        .map((one) => one.userId?.length)
        .sort(),
    ).toEqual([256, undefined]);
  });

  it('go up to 25 a request, of one person and instant each', async () => {
    const messages = Array.from({ length: 51 }, (_, index) => decision({ customerId: '1' }, `d${index}`));
    const later = decision({ customerId: '1' }, 'later', { occurredAt: NOW });
    const outcomes = await destinationOf().send([...messages, later, decision({ customerId: '2' }, 'other')]);
    expect(new Set(outcomes.map((one) => one.kind))).toEqual(new Set(['accepted']));
    const sizes = server.bodies.map((body) => (body as { events: unknown[] }).events.length);
    expect(sizes.sort((a, b) => b - a)).toEqual([25, 25, 1, 1, 1]);
    expect(server.decisions()).toHaveLength(53);
  });

  it('keep to the length of a value', async () => {
    const data = { branch: '🎉'.repeat(101) };
    await destinationOf().send([decision({ customerId: '1' }, 'd1', { data })]);
    expect(server.hits[0]!.params['branch']).toBe('🎉'.repeat(100));
  });

  it.each([
    [-1, 'accepted'],
    [0, 'accepted'],
    [1, 'rejected'],
  ])('that are 72 hours and %i ms old are %s', async (ms, kind) => {
    const old = decision({ customerId: '1' }, 'd1', { occurredAt: NOW - HOURS_72 - ms });
    expect(await destinationOf().send([old])).toMatchObject([{ kind }]);
    expect(server.hits).toHaveLength(kind === 'accepted' ? 1 : 0);
  });

  it('from ahead of our clock are of now', async () => {
    await destinationOf().send([decision({ customerId: '1' }, 'd1', { occurredAt: NOW + 5_000 })]);
    expect(server.hits[0]!.timestampMicros).toBe(NOW * 1_000);
  });
});

describe('attributed purchases at Google Analytics', () => {
  const bought = (addressee: Addressee, order: string, more: Partial<ConversionMessage> = {}): ConversionMessage => {
    const data = { transaction_id: order, value: 59.9, currency: 'EUR', cta: 'cart', link: 'lRt2Rr1cUaU' };
    return { kind: 'conversion', id: `msg_${order}`, addressee, occurredAt: NOW - 1_000, data, ...more };
  };

  it('are taken only where that is wanted, by the window and the credit that are wanted', () => {
    expect(destinationOf().takes).toEqual(['decision']);
    const wanted = destinationOf({ conversions: true });
    expect(wanted.takes).toEqual(['decision', 'conversion']);
    expect(wanted.attribution).toEqual({ window: '7d', credit: 'last' });
    const other = destinationOf({ conversions: true, conversionWindow: '30d', conversionCredit: 'first' });
    expect(other.attribution).toEqual({ window: '30d', credit: 'first' });
  });

  it('are an event of their own, at the instant of the purchase, with what is about the click', async () => {
    const addressee = { customerId: '42', email: 'ada@example.com' };
    const data = {
      ...bought({}, 'o1').data,
      email: 'ada@example.com',
      template: 'x'.repeat(150),
      hours_to_purchase: 3,
    };
    expect(await destinationOf().send([bought(addressee, 'o1', { data })])).toEqual([{ kind: 'accepted' }]);
    const params = { ...bought({}, 'o1').data, template: 'x'.repeat(100), hours_to_purchase: 3 };
    expect(server.hits).toEqual([
      {
        ...{ name: 'turnout_purchase', clientId: expect.stringMatching(/^\d+\.\d+$/), userId: undefined },
        ...{ timestampMicros: (NOW - 1_000) * 1_000, params: { ...params, engagement_time_msec: 1 } },
      },
    ]);
    expect(JSON.stringify(server.bodies)).not.toMatch(/ada|"42"/);
  });

  it('may be called otherwise, and share a pseudonym and a request with decisions', async () => {
    const destination = destinationOf({ conversionEvent: 'email_sale' });
    const people = [bought({ customerId: '1' }, 'o1'), decision({ customerId: '1' }, 'd1')];
    await destination.send([...people, bought({ customerId: '2' }, 'o2')]);
    expect(server.hits.map(({ name }) => name).sort()).toEqual(['email_sale', 'email_sale', 'turnout_branch_decided']);
    expect(server.bodies).toHaveLength(2);
  });

  it('are taken back by an event of another name, which may be called otherwise, too', async () => {
    const back = bought({ customerId: '1' }, 'o1', { isRefund: true });
    await destinationOf().send([back]);
    await destinationOf({ conversionEvent: 'purchase', refundEvent: 'refund' }).send([back]);
    expect(server.hits.map(({ name }) => name)).toEqual(['turnout_refund', 'refund']);
    expect(server.hits[0]!.params).toEqual({ ...back.data, engagement_time_msec: 1 });
  });

  it('that are too old, or of nobody, are rejected', async () => {
    const old = bought({ customerId: '1' }, 'o1', { occurredAt: NOW - HOURS_72 - 1 });
    expect((await destinationOf().send([old, bought({}, 'o2')])).map(({ kind }) => kind)).toEqual([
      'rejected',
      'rejected',
    ]);
    expect(server.bodies).toEqual([]);
  });

  it.each([
    ['purchase', true],
    ['email_sale2', true],
    ['2sales', false],
    ['a-b', false],
    ['ga_sale', false],
    ['google_sale', false],
    ['session_start', false],
    ['error', false],
    ['screen_view', false],
    ['adunit_exposure', false],
    ['screen_views', true],
    ['error_sale', true],
    ['x'.repeat(41), false],
  ])('may be the event %s: %s', async (event, isRight) => {
    for (const names of [{ conversionEvent: event }, { refundEvent: event }]) {
      const settings = Object.assign(new Ga4Settings(), { ...CREDENTIALS, ...names });
      expect(await validate(settings)).toHaveLength(isRight ? 0 : 1);
    }
  });

  it('have no window that the reports on links do not have', async () => {
    expect(await validate(Object.assign(new Ga4Settings(), { ...CREDENTIALS, conversionWindow: '2d' }))).toHaveLength(
      1,
    );
  });
});

describe('a look at Google Analytics', () => {
  it('has an event validated that is not counted', async () => {
    expect(await destinationOf().check!(undefined as never)).toMatchObject([{ kind: 'right', about: 'validation' }]);
    expect(server.hits).toEqual([]);
  });

  it('tells what does not answer, without the secret', async () => {
    const destination = destinationOf();
    await server.stop();
    const found = await destination.check!(undefined as never);
    expect(found).toMatchObject([{ kind: 'wrong', says: expect.stringContaining('ECONNREFUSED') }]);
    expect(JSON.stringify(found)).not.toContain('collect-secret');
    server = await Ga4Server.start(CREDENTIALS);
  });
});
