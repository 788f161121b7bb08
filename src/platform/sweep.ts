import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Seldom } from './seldom.js';

/** Whatever failed, the database most likely, is not asked ten times a second. */
const AFTER_FAILURE_MS = 1_000;

/** While the database is away every sweep fails every second: that is said so often. */
const SAID_EVERY_MS = 60_000;

/** Looks for work again and again, an interval after the last look was done; one that fails is logged, not fatal. */
export abstract class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  /** Aborted when the process ends, so that a look that takes long leaves off. */
  protected readonly stopping: AbortSignal = this.stopped.signal;
  private readonly saying = new Seldom(SAID_EVERY_MS);
  private timesFailed = 0;
  private isSaidToFail = false;

  /** `intervalMs` in milliseconds. */
  protected constructor(private readonly intervalMs: number) {}

  protected abstract sweep(): Promise<void>;

  onApplicationBootstrap(): void {
    this.scheduleNext();
  }

  /** Resolves when the look under way is done. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.timer);
    await this.running;
  }

  private scheduleNext(waitMs = this.intervalMs): void {
    if (this.stopping.aborted) return;
    this.timer = setTimeout(() => {
      this.running = this.sweep().then(
        () => {
          this.noteSuccess();
          this.scheduleNext();
        },
        (error: unknown) => {
          this.noteFailure(error);
          this.scheduleNext(Math.max(this.intervalMs, AFTER_FAILURE_MS));
        },
      );
    }, waitMs);
  }

  private noteFailure(error: unknown): void {
    this.timesFailed += 1;
    const line = { msg: 'a sweep failed; the next one follows', failures: this.timesFailed, err: error };
    if (this.saying.say(() => this.logger.warn(line))) this.isSaidToFail = true;
  }

  private noteSuccess(): void {
    if (this.isSaidToFail) this.logger.log({ msg: 'a sweep works again', failures: this.timesFailed });
    this.timesFailed = 0;
    this.isSaidToFail = false;
  }
}
