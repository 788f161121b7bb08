import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createLogger, NestLogger } from './logger.js';
import { Sweep } from './sweep.js';

class Looking extends Sweep {
  looks = 0;
  isDatabaseAway = false;

  constructor() {
    super(100);
  }

  protected override async sweep(): Promise<void> {
    this.looks += 1;
    if (this.isDatabaseAway) throw new Error('connect ECONNREFUSED');
  }
}

describe('a sweep', () => {
  const log: Record<string, unknown>[] = [];
  let looking: Looking;

  beforeEach(() => {
    log.splice(0);
    jest.useFakeTimers();
    const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
    Logger.overrideLogger(new NestLogger(createLogger({ level: 'info' }, { write })));
    looking = new Looking();
    looking.onApplicationBootstrap();
  });

  afterEach(async () => {
    await looking.beforeApplicationShutdown();
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  it('looks an interval after the last look was done, and a second after one that failed', async () => {
    await jest.advanceTimersByTimeAsync(1_000);
    expect(looking.looks).toBe(10);
    looking.isDatabaseAway = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(looking.looks).toBeLessThanOrEqual(21);
    expect(looking.looks).toBeGreaterThanOrEqual(19);
  });

  it('that fails for minutes says so once a minute, how often it did, and when it works again', async () => {
    looking.isDatabaseAway = true;
    await jest.advanceTimersByTimeAsync(150_000);
    expect(log).toMatchObject([
      { level: 'warn', failures: 1, err: { message: 'connect ECONNREFUSED' } },
      { level: 'warn' },
      { level: 'warn' },
    ]);
    expect(log[2]!['failures']).toBeGreaterThan(100);
    looking.isDatabaseAway = false;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(log.slice(3)).toMatchObject([{ level: 'info', msg: 'a sweep works again' }]);
    expect(log[3]!['failures']).toBeGreaterThan(140);
  });

  it('that fails now and then says so once a minute, too', async () => {
    for (let times = 0; times < 20; times++) {
      looking.isDatabaseAway = true;
      await jest.advanceTimersByTimeAsync(150);
      looking.isDatabaseAway = false;
      await jest.advanceTimersByTimeAsync(1_100);
    }
    expect(log.map((line) => line['level'])).toEqual(['warn', 'info']);
  });
});
