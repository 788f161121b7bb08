import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { TestAuthority } from './certificates.js';

export type Answering = (response: ServerResponse, url: URL, request: IncomingMessage) => void;

/** Names under which the shop can be reached, whether or not its certificate is right there. */
const NAMES = ['shop.example', 'www.shop.example', 'm.shop.example', 'links.shop.example', 'click.mailer.example'];

/**
 * A shop and its surroundings on this machine, over real TLS under many names, with a certificate authority of its own.
 * `expired.example`, `soon.example` and `other-name.example` have certificates that have ended, end in days, and are for
 * another name.
 */
export class LocalShop {
  private readonly routes = new Map<string, Answering>();
  /** Each request as host, path and user agent. */
  readonly asked: { host: string; url: string; userAgent: string }[] = [];

  private constructor(
    private readonly servers: { https: Server; http: Server },
    readonly authority: string,
  ) {}

  static async open(): Promise<LocalShop> {
    const authority = await TestAuthority.make();
    const context = async (names: readonly string[], days?: number): Promise<SecureContext> =>
      createSecureContext(await authority.issue(names, days));
    const contexts = new Map<string, SecureContext>([
      ['expired.example', await context(['expired.example'], -1)],
      ['soon.example', await context(['soon.example'], 5)],
      ['other-name.example', await context(['elsewhere.example'])],
    ]);
    const usual = await authority.issue([...NAMES, 'rebind.example']);
    const https = createHttpsServer({
      ...usual,
      SNICallback: (name, done) => done(null, contexts.get(name) ?? createSecureContext(usual)),
    });
    const http = createHttpServer();
    for (const server of [https, http]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const shop = new LocalShop({ https, http }, authority.pem);
    for (const server of [https, http]) server.on('request', (request, response) => shop.serve(request, response));
    return shop;
  }

  get port(): number {
    return (this.servers.https.address() as AddressInfo).port;
  }

  get plainPort(): number {
    return (this.servers.http.address() as AddressInfo).port;
  }

  /** The hosts that a test may reach although they are private. */
  get trustedHosts(): string[] {
    const names = [...NAMES, 'expired.example', 'soon.example', 'other-name.example'];
    return [...names.map((name) => `${name}:${this.port}`), `shop.example:${this.plainPort}`];
  }

  /** Answers requests to a host and path; a path that is not known is not found. */
  on(address: string, answering: Answering): void {
    this.routes.set(address, answering);
  }

  url(path: string, host = 'shop.example'): string {
    return `https://${host}:${this.port}${path}`;
  }

  async close(): Promise<void> {
    for (const server of Object.values(this.servers)) {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    }
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    this.asked.push({ host: url.hostname, url: request.url ?? '', userAgent: request.headers['user-agent'] ?? '' });
    const answering = this.routes.get(`${url.hostname}${url.pathname}`) ?? this.routes.get(url.pathname);
    if (answering) answering(response, url, request);
    else page('<title>Nothing here</title><h1>Sorry</h1>', 404)(response, url, request);
  }
}

/** All names lead here. */
export const leadingHere = ((_name: string, options: { all?: boolean }, callback: (...found: unknown[]) => void) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}) as unknown as typeof lookup;

export function page(html: string, status = 200, headers: Record<string, string | string[]> = {}): Answering {
  return (response) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(html);
}

/** A page that has something to read. */
export function article(title: string, more = ''): Answering {
  return page(`<title>${title}</title><h1>${title}</h1><p>${'Fresh from the roastery. '.repeat(20)}</p>${more}`);
}

export function redirect(to: string | ((url: URL) => string), status = 302, cookies: string[] = []): Answering {
  return (response, url) => {
    const location = typeof to === 'string' ? to : to(url);
    response.writeHead(status, { location, ...(cookies.length > 0 && { 'set-cookie': cookies }) }).end();
  };
}
