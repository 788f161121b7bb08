import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database.js';
import { SegmentDependants } from '../segments/segment-dependants.js';
import { JourneyStore } from './journey-store.js';

/** Journeys need the segments that their branches rest on. */
@Injectable()
export class JourneyDependants extends SegmentDependants {
  constructor(private readonly journeys: JourneyStore) {
    super();
  }

  override async of(tx: Transaction, segmentKey: string): Promise<string[]> {
    return (await this.journeys.dependingOn(tx, segmentKey)).map((key) => `journey "${key}"`);
  }
}
