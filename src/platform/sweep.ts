import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

/** Whatever failed, the database most likely, is not asked ten times a second. */
const AFTER_FAILURE_MS = 1_000;

/** Looks for work again and again, an interval after the last look was done; one that fails is logged, not fatal. */
export abstract class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopped = new AbortController();
  /** Aborted when the process ends, so that a look that takes long leaves off. */
  protected readonly stopping: AbortSignal = this.stopped.signal;

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
        () => this.scheduleNext(),
        (error: unknown) => {
          this.logger.warn({ msg: 'a sweep failed; the next one follows', err: error });
          this.scheduleNext(Math.max(this.intervalMs, AFTER_FAILURE_MS));
        },
      );
    }, waitMs);
  }
}
