import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** What Chromium answers, or tells by itself. */
interface Message {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: Params;
  result?: Params;
  error?: { message: string };
}

export type Params = Record<string, unknown>;

/** The browser could not be started, or is gone. */
export class BrowserFailed extends Error {
  override readonly name = 'BrowserFailed';
}

const LAUNCH_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Nothing of it reaches the network by itself: names lead nowhere, and everything goes through a proxy that is none. What
 * pages ask for is given to them (see ScriptRunner).
 */
const SWITCHES = [
  '--headless',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-breakpad',
  '--mute-audio',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--proxy-server=http://127.0.0.1:9',
  '--proxy-bypass-list=<-loopback>',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  'about:blank',
];

/** A Chromium of its own profile, spoken to by the DevTools protocol over a pipe: no port is opened. */
export class Chromium {
  private readonly waiting = new Map<number, { done: (result: Params) => void; failed: (error: Error) => void }>();
  private readonly listeners = new Map<string, (method: string, params: Params) => void>();
  private lastId = 0;
  private unread = '';
  private isGone = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    const pipe = child.stdio[4] as Readable;
    pipe.setEncoding('utf8').on('data', (text: string) => this.read(text));
    pipe.on('error', () => this.end());
    (child.stdio[3] as Writable).on('error', () => this.end());
    child.on('error', () => this.end());
    child.on('exit', () => this.end());
  }

  /** Starts the program at a path. Throws {@link BrowserFailed}. */
  static async launch(path: string): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'turnout-browser-'));
    // As root it refuses to start with its sandbox.
    const switches = process.getuid?.() === 0 ? ['--no-sandbox', ...SWITCHES] : SWITCHES;
    const child = spawn(path, [`--user-data-dir=${profile}`, ...switches], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      // Of our environment, which holds secrets, it gets nothing else.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: profile, TMPDIR: profile, LANG: 'C.UTF-8' },
      detached: true,
    });
    const browser = new Chromium(child, profile);
    try {
      await browser.send('Browser.getVersion', {}, undefined, LAUNCH_TIMEOUT_MS);
      return browser;
    } catch {
      await browser.close();
      throw new BrowserFailed('the browser could not be started');
    }
  }

  get isAlive(): boolean {
    return !this.isGone;
  }

  /** Throws {@link BrowserFailed} for what it refuses, does not answer, or can't as it is gone. */
  async send(method: string, params: Params = {}, sessionId?: string, timeoutMs = ANSWER_TIMEOUT_MS): Promise<Params> {
    if (this.isGone) throw new BrowserFailed('the browser is gone');
    const id = ++this.lastId;
    const answer = new Promise<Params>((done, failed) => this.waiting.set(id, { done, failed }));
    const timer = setTimeout(
      () => this.waiting.get(id)?.failed(new BrowserFailed(`no answer to ${method}`)),
      timeoutMs,
    );
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  /** Tells of what happens in a session, until it is told to nobody. */
  listen(sessionId: string, listener: ((method: string, params: Params) => void) | undefined): void {
    if (listener) this.listeners.set(sessionId, listener);
    else this.listeners.delete(sessionId);
  }

  /** Ends it with all its processes, and removes what it kept. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.child;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const exited = once(this.child, 'exit');
      process.kill(-pid, 'SIGKILL');
      await exited;
    }
    this.end();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private read(text: string): void {
    const messages = (this.unread + text).split('\0');
    this.unread = messages.pop()!;
    for (const one of messages) {
      const message = messageIn(one);
      if (!message) return this.end();
      this.take(message);
    }
  }

  private take({ id, method, sessionId, params = {}, result, error }: Message): void {
    if (id === undefined) {
      if (method !== undefined && sessionId !== undefined) this.listeners.get(sessionId)?.(method, params);
    } else if (error) this.waiting.get(id)?.failed(new BrowserFailed(error.message));
    else this.waiting.get(id)?.done(result ?? {});
  }

  private end(): void {
    this.isGone = true;
    for (const { failed } of this.waiting.values()) failed(new BrowserFailed('the browser is gone'));
  }
}

/** Undefined for what is none: who says such a thing is not the browser that it should be. */
function messageIn(text: string): Message | undefined {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return undefined;
  }
}
