import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, SIGNING_KEY, TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

interface Exported {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: { name: string; traceId: string }[] }[];
  }[];
}

describe('a process that is told of a collector', () => {
  let database: TestDatabase;
  let collector: Server;
  let received: { path: string; body: Exported }[];

  beforeEach(async () => {
    database = await createTestDatabase();
    received = [];
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) as Exported });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });

  afterEach(async () => {
    collector.closeAllConnections();
    collector.close();
    await database.drop();
  });

  it('sends it what it did, the last of it as it stops', async () => {
    const { port } = collector.address() as AddressInfo;
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: 'turnout-test' };
    const service = await ServiceProcess.start({ ...turnoutEnv(database), ...tracing });
    const client = new TurnoutClient(service.url, service.firstKey!);
    await client.send(customerioWebhook({ secret: SIGNING_KEY, at: await database.now(), identifiers: { id: 'ada' } }));
    await settle(database);
    expect(await service.end('SIGTERM')).toBe(0);

    expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    const resources = received.flatMap(({ body }) => body.resourceSpans);
    const named = resources.flatMap(({ resource }) => resource.attributes.filter(({ key }) => key === 'service.name'));
    expect(named[0]!.value.stringValue).toBe('turnout-test');
    const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const webhook = spans.find(({ name }) => name === 'POST /v1/sources/:source');
    expect(spans.find(({ name }) => name === 'commit')?.traceId).toBe(webhook!.traceId);
  });
});
