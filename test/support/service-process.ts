import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const READY_WITHIN_MS = 30_000;
const ENDED_WITHIN_MS = 2_000;

/** The built service as a real process, to be killed. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly printedSoFar: () => string,
  ) {}

  /** Starts `dist/src/<program>.js` with this environment and nothing of our own but PATH; resolves once it is ready. */
  static async start(env: Record<string, string>, program: 'main' | 'worker' = 'main'): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [`dist/src/${program}.js`], {
      env: { PATH: process.env.PATH, HEALTH_PORT: '0', SHUTDOWN_DELAY_MS: '0', ...env, LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`The service ${why}. It printed:\n${printed}`));
      const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        fail('ended before it was ready');
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          printed += chunk.toString();
          const ready = /"msg":"ready","url":"([^"]+)"/.exec(printed);
          if (!ready) return;
          clearTimeout(timer);
          resolve(ready[1]!);
        });
      }
    });
    return new ServiceProcess(child, url, () => printed);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** All that it has written to stdout and stderr. */
  get printed(): string {
    return this.printedSoFar();
  }

  /** The API key that the first start on an empty database prints. */
  get firstKey(): string | undefined {
    return /tk_[\w-]{43}/.exec(this.printed)?.[0];
  }

  /** Resolves once it has ended by itself or by another's hand, at the latest after a while. */
  async ended(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    await Promise.race([once(child, 'close'), new Promise((resolve) => setTimeout(resolve, ENDED_WITHIN_MS))]);
  }

  /** Resolves with the exit code once it has ended; null if the signal ended it. */
  async end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  }
}
