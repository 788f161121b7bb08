import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { Sweep } from '../platform/sweep.js';

/** Works off what is due lane by lane, batch by batch. A lane that fails keeps none of the others waiting. */
export abstract class LaneSweep extends Sweep {
  private readonly failures = new Logger(this.constructor.name);

  /** `intervalMs` in milliseconds; `most` is how much is done in a transaction. */
  protected constructor(
    private readonly dataSource: DataSource,
    intervalMs: number,
    private readonly most: number,
  ) {
    super(intervalMs);
  }

  /** Lanes in which something is due. */
  protected abstract dueLanes(tx: Transaction, at: Instant): Promise<number[]>;

  /** Does up to `most` of what is due in a lane; returns how much it was. */
  protected abstract workOff(lane: number, most: number): Promise<number>;

  protected override async sweep(): Promise<void> {
    const tx = this.dataSource.manager;
    for (const lane of await this.dueLanes(tx, await now(tx))) {
      try {
        while (!this.stopping.aborted && (await this.workOff(lane, this.most)) === this.most);
      } catch (error) {
        this.failures.error({ msg: 'what is due about the decisions of a lane could not be done', lane, err: error });
      }
    }
  }
}
