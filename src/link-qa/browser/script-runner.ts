import { BrowserFailed, Chromium } from './chromium.js';
import { ScriptVisit, type Led, type Load, type ScriptedPage } from './script-visit.js';

const MOST_AT_ONCE = 4;
/** Nobody needs it for so long: it is ended, and started again when it is needed. */
const IDLE_MS = 30_000;
const LONGEST_VISIT_MS = 6_000;

/** A Chromium that is there already, by whose help pages run their scripts. Started when it is first needed. */
export class ScriptRunner {
  private starting: Promise<Chromium> | undefined;
  private closing: Promise<void> | undefined;
  private idle: NodeJS.Timeout | undefined;
  private running = 0;
  private readonly queue: (() => void)[] = [];

  /** `path` is that of the program, such as /usr/bin/chromium. */
  constructor(
    private readonly path: string,
    private readonly idleMs = IDLE_MS,
  ) {}

  /** Where a page's scripts lead; undefined where that could not be found out within the time. */
  async leadsTo(page: ScriptedPage, load: Load, leftMs: number): Promise<Led | undefined> {
    const deadline = performance.now() + leftMs;
    await this.enter();
    try {
      const left = Math.min(deadline - performance.now(), LONGEST_VISIT_MS);
      if (left <= 0) return undefined;
      return await new ScriptVisit(await this.browser(), page, load).run(left);
    } catch (error) {
      if (error instanceof BrowserFailed) return undefined;
      throw error;
    } finally {
      this.leave();
    }
  }

  /** Starts the browser, to see whether it can be. Throws {@link BrowserFailed}. */
  async start(): Promise<void> {
    await this.browser();
  }

  /** Ends the browser; asked again, it is started again. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    const started = this.starting;
    this.starting = undefined;
    const browser = await started?.catch(() => undefined);
    await browser?.close();
  }

  private async browser(): Promise<Chromium> {
    await this.closing;
    const present = this.starting;
    const known = await present?.catch(() => undefined);
    if (known?.isAlive) return known;
    // Of several that find it gone the first starts it.
    if (this.starting === present) {
      this.starting = Chromium.launch(this.path);
      await known?.close();
    }
    return this.starting!;
  }

  private async enter(): Promise<void> {
    clearTimeout(this.idle);
    if (this.running < MOST_AT_ONCE) this.running += 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
  }

  private leave(): void {
    const next = this.queue.shift();
    if (next) return next();
    this.running -= 1;
    if (this.running > 0) return;
    this.idle = setTimeout(() => {
      this.closing = this.close().finally(() => (this.closing = undefined));
    }, this.idleMs);
    this.idle.unref();
  }
}
