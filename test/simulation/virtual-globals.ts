import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { trackNetwork } from '../../src/destinations/customerio/track-http.js';
import { currentProcess, VirtualTimer } from './virtual-process.js';

type Fetch = typeof globalThis.fetch;

/**
 * Puts timers, clocks, dice and the network of the simulation in the place of the real ones, for code that runs within a
 * simulated process and for no other. Once in a program, before anything else is asked for them.
 */
export function installVirtualGlobals(network: Fetch): void {
  installTimers();
  installClocks();
  installDice();
  const realFetch = globalThis.fetch;
  globalThis.fetch = (...request: Parameters<Fetch>) =>
    currentProcess() ? network(...request) : realFetch(...request);
  const realAsk = trackNetwork.ask;
  trackNetwork.ask = async (request, timeoutMs) => {
    if (!currentProcess()) return realAsk(request, timeoutMs);
    const { uri, method, body = null } = request;
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await network(uri, { method, headers, body });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
  };
}

function installTimers(): void {
  const { setTimeout: realTimeout, setInterval: realInterval, clearTimeout: realClear } = globalThis;
  const replaced =
    (real: typeof realTimeout | typeof realInterval, isRepeated: boolean) =>
    (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown => {
      const process = currentProcess();
      if (!process) return (real as (...all: unknown[]) => unknown)(run, ms, ...args);
      return process.addTimer(ms, () => run(...args), isRepeated);
    };
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.close();
    else realClear(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    setTimeout: replaced(realTimeout, false),
    setInterval: replaced(realInterval, true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  const realWait = timersPromises.setTimeout;
  timersPromises.setTimeout = (<T>(ms?: number, value?: T, options?: { signal?: AbortSignal }) => {
    const process = currentProcess();
    if (!process) return realWait(ms, value, options);
    return new Promise<T>((resolve) => process.addTimer(ms ?? 0, () => resolve(value as T), false));
  }) as typeof realWait;
  syncBuiltinESMExports();
}

function installClocks(): void {
  const realNow = Date.now;
  Date.now = () => currentProcess()?.wallClock() ?? realNow();
  const realElapsed = performance.now.bind(performance);
  performance.now = () => currentProcess()?.elapsed ?? realElapsed();
}

function installDice(): void {
  const { random } = Math;
  Math.random = () => currentProcess()?.chance.next() ?? random();
  const { randomUUID, randomBytes } = crypto;
  const bytes = (count: number): Buffer | undefined => {
    const process = currentProcess();
    return process && Buffer.from(Array.from({ length: count }, () => process.chance.below(256)));
  };
  crypto.randomUUID = (options) => {
    const hex = bytes(16)?.toString('hex');
    if (hex === undefined) return randomUUID(options);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  crypto.randomBytes = ((count: number, ...rest: []) =>
    bytes(count) ?? randomBytes(count, ...rest)) as typeof randomBytes;
  syncBuiltinESMExports();
}
