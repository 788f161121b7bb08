import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutboundFailed, OutboundHttp, OutboundRefused, type OutboundRequest } from './outbound-http.js';
import { isPublicAddress } from './public-address.js';

describe('a public address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '::ffff:8.8.8.8', '2606:4700::1111'])(
    'is %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ...['127.0.0.1', '127.9.9.9', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    ...['169.254.169.254', '0.0.0.0', '255.255.255.255', '224.0.0.1', '240.0.0.1', '192.0.2.1', '198.18.0.1'],
    ...['::', '::1', '::7f00:1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:7f00:1::', '2001::1', '4000::1'],
    ...['fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', '100::1', '', 'localhost'],
  ])('is not %j', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('outbound HTTP', () => {
  let server: Server;
  let seen: IncomingMessage[];
  let answer: (response: ServerResponse) => void;

  beforeEach(async () => {
    seen = [];
    answer = (response) => response.end('fine');
    server = createServer((request, response) => {
      seen.push(request);
      request.resume().on('end', () => answer(response));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const port = () => (server.address() as AddressInfo).port;
  const trusted = () => new OutboundHttp({ trustedHosts: [`127.0.0.1:${port()}`] });
  const asked = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
    ...{ method: 'GET', url, timeoutMs: 5_000, mostBytes: 1_000 },
    ...more,
  });
  const home = () => `http://127.0.0.1:${port()}/x`;

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/', // 127.0.0.1 as one number
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/latest/meta-data',
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://trusted.example@10.0.0.1/',
    'https://name:word@example.com/',
    'nonsense',
  ])('refuses %s before anything is sent', async (url) => {
    const http = new OutboundHttp({ resolve: failing });
    expect(http.problemOf(url)).toBeDefined();
    await expect(http.request(asked(url))).rejects.toThrow(OutboundRefused);
  });

  it('refuses a name that leads to a private address, also beside a public one', async () => {
    for (const addresses of [['10.0.0.1'], ['8.8.8.8', '10.0.0.1'], []]) {
      const http = new OutboundHttp({ resolve: resolvingTo(addresses).resolve });
      const problem = await http.request(asked('https://rebound.example/')).catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(OutboundRefused);
      expect(String(problem)).not.toContain('10.0.0.1');
    }
  });

  it('connects to the very address that was looked at, and resolves a name once', async () => {
    // What was public when it was looked at would be private at the next look.
    const { resolve, asks } = resolvingTo(['127.0.0.1'], ['10.0.0.1']);
    const http = new OutboundHttp({ resolve, isPublic: (address) => address === '127.0.0.1' });
    // A server without TLS: that it was reached shows in how the handshake fails.
    await expect(http.request(asked(`https://rebound.example:${port()}/`))).rejects.toMatchObject({
      code: expect.stringMatching(/SSL|EPROTO|ECONNRESET/),
    });
    expect(asks()).toBe(1);
  });

  it('speaks plain http to trusted hosts alone, port and all', async () => {
    expect(await trusted().request(asked(home()))).toMatchObject({ status: 200, isCut: false });
    const elsewhere = new OutboundHttp({ trustedHosts: ['127.0.0.1', '127.0.0.1:1'] });
    await expect(elsewhere.request(asked(home()))).rejects.toThrow(OutboundRefused);
  });

  it('sends what it is given, and answers with what came', async () => {
    answer = (response) => response.writeHead(404, { 'x-two': ['a', 'b'] }).end('none');
    const headers = { 'content-type': 'application/json' };
    const got = await trusted().request(asked(home(), { method: 'POST', body: '{"a":1}', headers }));
    expect(got).toMatchObject({ status: 404, headers: { 'x-two': 'a, b' }, isCut: false });
    expect(got.body.toString()).toBe('none');
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/x' });
    expect(seen[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '7' });
  });

  it('follows no redirect, and says where it leads', async () => {
    answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    const got = await trusted().request(asked(home()));
    expect(got).toMatchObject({ status: 302, headers: { location: 'http://169.254.169.254/' } });
    expect(seen).toHaveLength(1);
  });

  it('reads no more of an answer than it may, to the byte', async () => {
    answer = (response) => response.end('x'.repeat(1_000));
    expect(await trusted().request(asked(home()))).toMatchObject({ isCut: false, body: { length: 1_000 } });
    answer = (response) => response.end('x'.repeat(1_001));
    expect(await trusted().request(asked(home()))).toMatchObject({ isCut: true, body: { length: 1_000 } });
  });

  it('gives up in time, also in the middle of a body', async () => {
    const problem = { code: 'TIMEOUT' };
    answer = () => undefined;
    await expect(trusted().request(asked(home(), { timeoutMs: 50 }))).rejects.toMatchObject(problem);
    answer = (response) => response.write('so far');
    await expect(trusted().request(asked(home(), { timeoutMs: 200 }))).rejects.toMatchObject(problem);
  });

  it('says how a connection failed, and nothing else', async () => {
    const nobody = new OutboundHttp({ resolve: failing });
    const problem = await nobody.request(asked('https://secret.example/token')).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(OutboundFailed);
    expect(String(problem)).toBe('OutboundFailed: the connection failed (ENOTFOUND)');
    answer = (response) => response.socket?.resetAndDestroy();
    await expect(trusted().request(asked(home()))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

/** Answers each lookup with the next of these, then always with the last. */
function resolvingTo(...answers: string[][]): { resolve: typeof lookup; asks(): number } {
  let asks = 0;
  const resolve = (_name: string, _options: unknown, callback: (...args: unknown[]) => void): void => {
    const addresses = answers[Math.min(asks++, answers.length - 1)]!;
    callback(null, addresses.map((address) => ({ address, family: 4 }))); // prettier-ignore
  };
  return { resolve: resolve as unknown as typeof lookup, asks: () => asks };
}

const failing = ((_name: string, _options: unknown, callback: (error: Error) => void): void => {
  callback(Object.assign(new Error('getaddrinfo ENOTFOUND secret.example'), { code: 'ENOTFOUND' }));
}) as unknown as typeof lookup;
