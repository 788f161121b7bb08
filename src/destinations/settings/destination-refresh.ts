import { Injectable } from '@nestjs/common';
import { Sweep } from '../../platform/sweep.js';
import { DestinationList } from './destination-list.js';

const EVERY_MS = 1_000;

/** Follows what other processes set up. */
@Injectable()
export class DestinationRefresh extends Sweep {
  constructor(private readonly list: DestinationList) {
    super(EVERY_MS);
  }

  protected override async sweep(): Promise<void> {
    await this.list.refresh();
  }
}
