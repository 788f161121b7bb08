import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadBackFailed, type Destination } from '../../destinations/destination.js';
import type { ClaimedMessage } from '../../outbox/claimed-message.js';
import { OutboxStore } from '../../outbox/outbox-store.js';
import { ProvisionStore } from './provision-store.js';
import { accountOf } from './provisioner.js';

/** By what ids destinations hold the segments that messages are about. */
@Injectable()
export class SegmentPlaces {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: ProvisionStore,
    private readonly outbox: OutboxStore,
  ) {}

  /**
   * The messages that can be sent, and the ids of segments that are called otherwise there. What is about a segment that the
   * destination does not hold yet is handed back, and is due once it does.
   */
  async resolve(
    destination: Destination,
    claimed: readonly ClaimedMessage[],
  ): Promise<{ sendable: ClaimedMessage[]; externalIds: ReadonlyMap<string, string> }> {
    const isProvisioned = (one: ClaimedMessage): boolean => segmentToMake(destination, one) !== undefined;
    if (!claimed.some(isProvisioned)) return { sendable: [...claimed], externalIds: new Map() };
    const { manager } = this.dataSource;
    const externalIds = await this.store.externalIds(manager, destination.key, accountOf(destination));
    const isWaiting = (one: ClaimedMessage): boolean =>
      isProvisioned(one) && !externalIds.has(segmentToMake(destination, one)!);
    const waiting = claimed.filter(isWaiting);
    if (waiting.length > 0) await this.handBack(destination, waiting);
    return { sendable: claimed.filter((one) => !isWaiting(one)), externalIds };
  }

  /** The id by which a destination can be asked about a segment. Throws ReadBackFailed where it does not hold it yet. */
  async idAt(destination: Destination, segmentId: string): Promise<string> {
    if (!destination.isProvisioned?.(segmentId)) return segmentId;
    const { manager } = this.dataSource;
    const known = await this.store.externalIds(manager, destination.key, accountOf(destination));
    const id = known.get(segmentId);
    if (id === undefined) throw new ReadBackFailed('It is not ready there: GET /v1/segments says why.');
    return id;
  }

  /** While the segment's row is held: what becomes ready later finds these waiting, and what has become ready is due. */
  private async handBack(destination: Destination, messages: readonly ClaimedMessage[]): Promise<void> {
    const ids = [...new Set(messages.map((one) => segmentToMake(destination, one)!))];
    await this.dataSource.transaction(async (tx) => {
      const ready = await this.store.heldReady(tx, destination.key, accountOf(destination), ids);
      const isReady = (one: ClaimedMessage): boolean => ready.has(segmentToMake(destination, one)!);
      await this.outbox.release(tx, messages.filter(isReady));
      await this.outbox.release(
        tx,
        messages.filter((one) => !isReady(one)),
        Infinity,
      );
    });
  }
}

/** The segment that a message is about, if the destination has to be made to hold it. */
function segmentToMake(destination: Destination, { payload }: ClaimedMessage): string | undefined {
  if (payload.kind !== 'membership' || !destination.isProvisioned?.(payload.externalSegmentId)) return undefined;
  return payload.externalSegmentId;
}
