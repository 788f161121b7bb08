import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A system of somebody else's, over real HTTP on this machine. */
export abstract class StandIn {
  /** Given when it stops: whatever still hangs ends. */
  protected readonly stopping = new AbortController();
  private readonly http: Server = createServer((request, response) => {
    this.serve(request, response).catch(() => response.destroy());
  });

  /** Port 0 takes a free one. */
  async listen(port = 0): Promise<void> {
    this.http.listen(port, '127.0.0.1');
    await once(this.http, 'listening');
  }

  get host(): string {
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** Ends what is still hanging, too. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const closed = once(this.http, 'close');
    this.http.close();
    this.http.closeAllConnections();
    await closed;
  }

  protected abstract serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
