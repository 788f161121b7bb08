import type { IncomingMessage, ServerResponse } from 'node:http';
import { article, page, redirect, type Answering } from './local-shop.js';
import { bodyOf, StandIn } from './stand-in.js';

/** A shop without TLS on this machine, for whoever is told to trust its host; `/hangs` answers when it is let go. */
export class PlainShop extends StandIn {
  private letGo: () => void = () => undefined;
  private readonly freed = new Promise<void>((resolve) => (this.letGo = resolve));
  /** Each request's path. */
  readonly asked: string[] = [];
  private readonly routes: Readonly<Record<string, Answering>> = {
    '/good': article('Good'),
    '/also-good': article('Also good'),
    '/lost': redirect('/good'),
    '/by-script': page('<script>lead("/good"); location.replace("/good")</script>'),
    '/spins': redirect('/good', 302, ['a=1']),
    '/hangs': (...about) => void this.freed.then(() => article('At last')(...about)),
  };

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** Has `/hangs` answer from now on. */
  release(): void {
    this.letGo();
  }

  protected override async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://shop');
    this.asked.push(url.pathname);
    (this.routes[url.pathname] ?? page('<title>No</title>', 404))(response, url, request);
  }
}
