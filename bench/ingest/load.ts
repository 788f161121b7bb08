import { connect, type Socket } from 'node:net';

/** One kept-alive connection on which requests are sent one after the other: as cheap as a client can be. */
class Connection {
  private pending: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  private received = '';

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.receive(chunk));
    socket.on('error', () => undefined); // it is closed then
    socket.on('close', () =>
      this.pending?.reject(new Error('A connection was closed before its request was answered')),
    );
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket);
  }

  send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.pending = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: string): void {
    this.received += chunk;
    const head = this.received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.received)?.[1] ?? 0);
    if (this.received.length < head + 4 + length) return;
    const status = Number(this.received.slice(9, 12));
    this.received = '';
    const answered = this.pending;
    this.pending = undefined;
    answered?.resolve(status);
  }
}

const isSuccess = (status: number): boolean => status < 300;

/** Sends requests over so many connections as fast as answers come; throws when one is not answered as it should be. */
export async function sendAll(
  port: number,
  requests: readonly string[],
  connections: number,
  isRight: (status: number) => boolean = isSuccess,
): Promise<void> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  let next = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (next < requests.length) {
        const status = await connection.send(requests[next++]!);
        if (!isRight(status)) throw new Error(`A request was answered with ${status}`);
      }
      connection.close();
    }),
  );
}

interface Steadily {
  perSecond: number;
  /** What finds none free waits for one, as at a proxy. They are opened before. */
  connections: number;
  /** Gets how long each answer took from when its request was due, in ms. */
  took?: number[];
  isRight?: (status: number) => boolean;
}

/** Sends so many requests a second, whether or not answers come; the instants at which each was sent. */
export async function sendSteadily(port: number, requests: readonly string[], steadily: Steadily): Promise<number[]> {
  const { perSecond, connections, took = [], isRight = isSuccess } = steadily;
  const free = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  const sentAt: number[] = [];
  const answers: Promise<void>[] = [];
  const began = performance.now();
  const due = (): number => Math.min(requests.length, Math.floor(((performance.now() - began) * perSecond) / 1_000));
  const send = (connection: Connection): void => {
    const number = sentAt.push(Date.now()) - 1;
    const dueAt = began + (number * 1_000) / perSecond;
    const answer = connection.send(requests[number]!).then((status) => {
      if (!isRight(status)) throw new Error(`A request was answered with ${status}`);
      took.push(performance.now() - dueAt);
      if (sentAt.length < due()) send(connection);
      else free.push(connection);
    });
    answer.catch(() => undefined); // thrown below
    answers.push(answer);
  };
  while (sentAt.length < requests.length) {
    while (sentAt.length < due() && free.length > 0) send(free.pop()!);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  free.forEach((one) => one.close());
  return sentAt;
}
