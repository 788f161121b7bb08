import type { Logger } from '@nestjs/common';

/** Does something again and again, each time an interval after the last was done; a failure is logged, not fatal. */
export class Repeater {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  /** `intervalMs` in milliseconds. */
  constructor(
    private readonly intervalMs: number,
    private readonly work: () => Promise<void>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.work()
        .catch((error: unknown) =>
          this.logger.warn({ msg: 'a sweep failed; the next one follows', error: String(error) }),
        )
        .finally(() => this.start());
    }, this.intervalMs);
  }

  /** Resolves when the work under way is done. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
