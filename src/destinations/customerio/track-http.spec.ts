import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CustomerIORequestError, TrackClient } from 'customerio-node';
import { overHttp } from './track-http.js';

describe("the SDK's client over Node's own HTTP", () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let connections: number;

  beforeEach(async () => {
    connections = 0;
    server = createServer((request, response) => request.resume().on('end', () => answer(request, response)));
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });

  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  const client = (timeoutMs = 5_000): TrackClient => {
    const sdk = new TrackClient('site', 'key', { url: url(), timeout: timeoutMs, retry: { maxRetries: 0 } });
    return overHttp(sdk, timeoutMs);
  };

  it('sends what the SDK says, and uses a connection again', async () => {
    const seen: unknown[] = [];
    answer = ({ method, url: path, headers }, response) => {
      seen.push([method, path, headers.authorization, headers['content-length']]);
      response.end('{"ok":"é"}');
    };
    const own = client();
    expect(await own.addCustomersToSegment(7, ['a'])).toEqual({ ok: 'é' });
    expect(await own.addCustomersToSegment(7, ['é'])).toEqual({ ok: 'é' });
    const authorization = `Basic ${Buffer.from('site:key').toString('base64')}`;
    const path = '/api/v1/segments/7/add_customers';
    expect(seen).toEqual([
      ['POST', path, authorization, '13'],
      ['POST', path, authorization, '14'],
    ]);
    expect(connections).toBe(1);
  });

  it('throws an answer that is none of success, as the SDK does', async () => {
    answer = (_, response) => response.writeHead(429, { 'Retry-After': '3' }).end('{"meta":{"error":"too many"}}');
    const error = await client()
      .suppress('a')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CustomerIORequestError);
    expect(error).toMatchObject({
      statusCode: 429,
      response: { headers: { 'retry-after': '3' }, ok: false },
      body: '{"meta":{"error":"too many"}}',
    });
  });

  it('follows a redirect as the SDK does', async () => {
    answer = ({ url: path }, response) =>
      path === '/api/v1/elsewhere'
        ? response.end('{"found":true}')
        : response.writeHead(307, { Location: `${url()}/elsewhere` }).end();
    expect(await client().suppress('a')).toEqual({ found: true });
  });

  it('is out of time when the body does not end', async () => {
    answer = (_, response) => void response.writeHead(200).write('{"half":');
    await expect(client(100).suppress('a')).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('fails as fetch does when the body breaks off', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"half":');
      setTimeout(() => response.destroy(), 20);
    };
    const failed = { name: 'TypeError', cause: { code: 'ECONNRESET' } };
    await expect(client().suppress('a')).rejects.toMatchObject(failed);
  });
});
