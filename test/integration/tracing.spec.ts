import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { DAY, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const WEBHOOK = 'POST /v1/sources/:source';
const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traces', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked' });
    // Where to is of no matter here: the provider is the test's own.
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    turnout = await TestTurnout.start(database, customerio, env);
    await turnout.must('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', within: '1d' },
      push: { customerio: { segmentId: 7 } },
    });
    await turnout.settle();
  });

  beforeEach(() => exporter.reset());

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
    await provider.shutdown();
  });

  const click = (id: string, headers: Record<string, string> = {}) => {
    const webhook = customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id, email: `${id}@example.com` } });
    return turnout.send({ ...webhook, headers: { ...webhook.headers, ...headers } });
  };
  const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
  const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
  const traceparents = async () =>
    (await database.pool.query<{ traceparent: string | null }>('SELECT traceparent FROM outbox')).rows;

  it('are not there, nor carried along, while no provider is registered', async () => {
    await click('nobody', { traceparent: CALLER });
    await turnout.settle();
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(await traceparents()).toEqual([{ traceparent: null }]);
    provider.register();
  });

  it('lead from the webhook over its commit to the push', async () => {
    await click('ada');
    await turnout.settle();
    const [webhook] = spans(WEBHOOK);
    const [commit] = spans('commit');
    const [push] = spans('push');
    expect(webhook!.attributes).toMatchObject({
      'http.route': '/v1/sources/:source',
      'http.response.status_code': 200,
    });
    expect(commit!.parentSpanContext?.spanId).toBe(webhook!.spanContext().spanId);
    expect(push!.parentSpanContext?.spanId).toBe(webhook!.spanContext().spanId);
    expect([traceOf(commit!), traceOf(push!)]).toEqual([traceOf(webhook!), traceOf(webhook!)]);
    expect(push!.attributes).toMatchObject({ 'turnout.destination': 'customerio', 'turnout.outcome': 'accepted' });
    const [send] = spans('send');
    expect(send!.links.map(({ context }) => context.traceId)).toEqual([traceOf(webhook!)]);
    expect(push!.links.map(({ context }) => context.spanId)).toEqual([send!.spanContext().spanId]);
  });

  it('stay apart where events share a transaction and a batch', async () => {
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => click(id)));
    await turnout.settle();
    const webhooks = spans(WEBHOOK).map(traceOf);
    expect(new Set(webhooks).size).toBe(6);
    expect(spans('push').map(traceOf).sort()).toEqual(webhooks.sort());
    const done = spans('commit').flatMap((span) => [
      ...(span.parentSpanContext ? [traceOf(span)] : []),
      ...span.links.map(({ context }) => context.traceId),
    ]);
    expect(done.sort()).toEqual(webhooks);
  });

  it('go on that of the caller', async () => {
    await click('eve', { traceparent: CALLER });
    await turnout.settle();
    const [, traceId, spanId] = CALLER.split('-');
    expect(spans(WEBHOOK)[0]!.parentSpanContext).toMatchObject({ traceId, spanId });
    expect(spans('push').map(traceOf)).toEqual([traceId]);
  });

  it('begin with the evaluation where time brings something about', async () => {
    await click('tim');
    await turnout.settle();
    exporter.reset();
    await database.setClock(T0 + DAY);
    await turnout.settle();
    const evaluations = spans('evaluate').map((span) => span.spanContext().spanId);
    expect(spans('push').length).toBeGreaterThan(0);
    for (const push of spans('push')) expect(evaluations).toContain(push.parentSpanContext?.spanId);
    expect(spans(WEBHOOK)).toEqual([]);
  });

  it('lead from what a journey asks to what destinations hear of it, and from what settles it later', async () => {
    const CLICKED = { performed: 'click', within: '1d' };
    await turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: '2020-01-01', eventNames: ['purchase'] });
    const waiting = { ...CLICKED, notFollowedBy: { performed: 'purchase', within: '1h' } };
    await turnout.must('PUT', '/v1/journeys/j', {
      branchPoints: {
        now: { branches: [{ key: 'yes', rule: CLICKED }], default: 'no' },
        later: { branches: [{ key: 'yes', rule: waiting }], default: 'no', whenPending: 'wait' },
      },
    });
    const at = await database.now();
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id: 'ivy' } }));
    await turnout.settle();
    const DECIDE = 'POST /v1/journeys/:journey/branch-points/:branchPoint/decide';
    const ask = (point: string, more: object = {}) =>
      turnout.must('POST', `/v1/journeys/j/branch-points/${point}/decide`, {
        identifiers: { customer_id: 'ivy' },
        ...more,
      });
    exporter.reset();
    await Promise.all([ask('now'), ask('now', { journey_run_id: 'r' })]);
    await turnout.settle();
    const asked = spans(DECIDE);
    expect(asked).toHaveLength(2);
    const parents = spans('push').map((push) => push.parentSpanContext?.spanId);
    expect(parents.sort()).toEqual(asked.map((span) => span.spanContext().spanId).sort());
    expect((await ask('later')).status).toBe('pending');
    exporter.reset();
    await database.setClock(at + 3_600_000);
    await turnout.settle();
    const settled = spans('settle').map((span) => span.spanContext().spanId);
    expect(spans('push').map((push) => push.parentSpanContext?.spanId).filter((id) => settled.includes(id!))).toHaveLength(1); // prettier-ignore
  });

  it('name nobody', async () => {
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + DAY, identifiers: { id: 'ada' } }));
    await turnout.call('GET', '/v1/profiles/customer_id:ada');
    await turnout.settle();
    const told = exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }));
    expect(told.length).toBeGreaterThan(3);
    expect(JSON.stringify(told)).not.toContain('ada');
  });
});
