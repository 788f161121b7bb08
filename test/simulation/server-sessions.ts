import { AsyncResource } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import pg from 'pg';

type Connection = EventEmitter & {
  stream: Socket;
  _connecting: boolean;
  _ending: boolean;
  connect(): void;
  attachListeners(stream: Socket): void;
  query(text: string): void;
  end(): void;
};

/** A connection of the driver, as far as the simulation knows it. */
export type Client = pg.Client & {
  processID: number | null;
  secretKey: number | null;
  connection: Connection;
  getStartupConf(): object;
  readyForQuery?: boolean;
  _connected: boolean;
  _ended: boolean;
  _txStatus: string | null;
  _activeQuery: unknown;
  _sentQueryQueue: unknown[];
};

/** Of the server: a process of its own, and the socket to it. */
interface Session {
  stream: Socket;
  key: { processID: number | null; secretKey: number | null };
}

/**
 * The server's sessions whose connections are closed or lost, brought back to how they began, as a pooler does: who connects
 * next gets one of them. A new session costs as much as a hundred statements, and a seed wants dozens.
 */
export class ServerSessions {
  private readonly free = new Map<string, Session[]>();
  /** Where each client's connection was made: what comes over it belongs there. */
  private readonly places = new WeakMap<Client, AsyncResource>();

  /** As the superuser of the server. */
  constructor(private readonly pool: pg.Pool) {}

  /** Called before a client connects: has it get a free session, where there is one. */
  prepare(client: Client): void {
    const place = new AsyncResource('ServerSession');
    this.places.set(client, place);
    const { connection } = client;
    connection.end = () => {
      connection._ending = true;
      if (!this.release(client)) connection.stream.end();
    };
    const session = this.free.get(keyOf(client))?.pop();
    if (session) connection.connect = () => adopt(connection, session, place);
  }

  /** As the end of a process does to its connections: the server rolls back what is open. */
  async cutOff(clients: Iterable<Client>): Promise<void> {
    const released: Promise<void>[] = [];
    const others: Client[] = [];
    for (const client of clients) {
      if (client._ended) continue;
      const isRolledBack = this.release(client);
      if (isRolledBack) released.push(isRolledBack);
      else others.push(client);
    }
    await this.terminate(others);
    await Promise.all(released);
  }

  private async terminate(clients: readonly Client[]): Promise<void> {
    if (clients.length === 0) return;
    const pids = clients.map((client) => client.processID ?? 0);
    await this.pool.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS own (pid)', [pids]);
    const left = async () => (await this.pool.query('SELECT FROM pg_stat_activity WHERE pid = ANY($1)', [pids])).rows;
    while ((await left()).length > 0);
    for (const { connection } of clients) connection.stream.destroy();
  }

  /**
   * Ends a client's connection and keeps the session. Resolves when what was open in it is rolled back; undefined, and
   * nothing is done, where a statement is under way.
   */
  private release(client: Client): Promise<void> | undefined {
    if (!isIdle(client)) return undefined;
    const { connection, processID, secretKey, _txStatus: status } = client;
    const { stream } = connection;
    client._ended = true;
    for (const event of connection.eventNames()) if (event !== 'end') connection.removeAllListeners(event);
    process.nextTick(() => this.places.get(client)!.runInAsyncScope(() => connection.emit('end')));
    return (async () => {
      if (status !== 'I') await carriedOut(connection, 'ROLLBACK');
      await carriedOut(connection, 'DISCARD ALL');
      connection.stream = new Socket();
      forget(stream);
      const key = keyOf(client);
      this.free.set(key, [...(this.free.get(key) ?? []), { stream, key: { processID, secretKey } }]);
    })();
  }

  close(): void {
    for (const { stream } of [...this.free.values()].flat()) stream.destroy();
    this.free.clear();
  }
}

const emit = Socket.prototype.emit as (...event: unknown[]) => boolean;

/** Sessions that begin alike are the same. */
function keyOf(client: Client): string {
  return JSON.stringify([client.host, client.port, client.getStartupConf()]);
}

function isIdle({ _connected, _ended, readyForQuery, _activeQuery, _sentQueryQueue }: Client): boolean {
  return _connected && !_ended && readyForQuery === true && !_activeQuery && _sentQueryQueue.length === 0;
}

/** As the driver does it with a socket of its own, whose session has begun already. */
function adopt(connection: Connection, { stream, key }: Session, place: AsyncResource): void {
  connection._connecting = true;
  connection.stream = stream;
  stream.emit = ((...event: unknown[]) => place.runInAsyncScope(emit, stream, ...event)) as Socket['emit'];
  stream.on('error', (error) => connection.emit('error', error));
  stream.on('close', () => connection.emit('end'));
  connection.attachListeners(stream);
  process.nextTick(() => {
    connection.emit('backendKeyData', key);
    connection.emit('readyForQuery', { status: 'I' });
  });
}

function carriedOut(connection: Connection, text: string): Promise<void> {
  return new Promise((resolve) => {
    connection.once('readyForQuery', resolve);
    connection.query(text);
  });
}

/** The listeners of a connection that has ended. */
function forget(stream: Socket): void {
  stream.emit = emit as Socket['emit'];
  for (const event of ['data', 'error', 'close']) stream.removeAllListeners(event);
  // The first is the socket's own.
  for (const listener of stream.listeners('end').slice(1)) stream.off('end', listener as () => void);
  stream.on('error', () => undefined);
}
