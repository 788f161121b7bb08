import { Injectable } from '@nestjs/common';
import { Sweep } from '../platform/sweep.js';
import { Cleaner } from './cleaner.js';

const EVERY_MS = 1_000;

/** How long a look works before others have their turn. */
const TURN_MS = 100;

/** Has what is past its time removed, a little every second, so that nobody waits for it. */
@Injectable()
export class RetentionSweep extends Sweep {
  constructor(private readonly cleaner: Cleaner) {
    super(EVERY_MS);
  }

  protected override async sweep(): Promise<void> {
    const until = performance.now() + TURN_MS;
    while (performance.now() < until && (await this.cleaner.step()) !== undefined);
  }
}
