import { Injectable } from '@nestjs/common';
import { OutboxHandover, type Leavers } from '../outbox/outbox-handover.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import type { FollowedMerge, MergeFollower } from '../profiles/merge-follower.js';
import { MembershipEvaluator } from './evaluator.js';
import { MembershipStore } from './membership-store.js';

/** Follows up merges: the one profile leaves its segments, the other is evaluated over the union of the histories. */
@Injectable()
export class MembershipMerger implements MergeFollower {
  constructor(
    private readonly memberships: MembershipStore,
    private readonly evaluator: MembershipEvaluator,
    private readonly handover: OutboxHandover,
    private readonly identifiers: IdentifierStore,
  ) {}

  async follow(tx: Transaction, merges: readonly FollowedMerge[]): Promise<string[]> {
    const owedTo: string[] = [];
    for (const into of new Set(merges.map((one) => one.into))) {
      const ofProfile = merges.filter((one) => one.into === into);
      owedTo.push(...(await this.followInto(tx, into, ofProfile)));
    }
    return [...new Set(owedTo)];
  }

  /**
   * Where the profile that stays is known by more than before, it may stand under another id at a destination from now on:
   * its old one leaves as well.
   */
  private async followInto(tx: Transaction, into: number, merges: readonly FollowedMerge[]): Promise<string[]> {
    const at = await now(tx);
    const to = { lane: laneOfProfile(into), profileId: into };
    const { addressBefore } = merges[0]!;
    const leavers: Leavers[] = [];
    const claims: Date[] = [];
    for (const { merged, address } of merges) {
      const from = { lane: laneOfProfile(merged), profileId: merged };
      await this.memberships.endAll(tx, from.lane, merged, at);
      const handedOver = await this.handover.handOver(tx, { from, to, address });
      leavers.push(...handedOver.leavers);
      if (handedOver.underWayUntil) claims.push(handedOver.underWayUntil);
    }
    const { owedTo } = await this.evaluator.evaluateOne(tx, into);
    const address = await this.identifiers.addressOf(tx, into);
    if (JSON.stringify(address) !== JSON.stringify(addressBefore)) {
      leavers.push(...(await this.handover.held(tx, to, addressBefore)));
    }
    const underWayUntil = claims.length > 0 ? new Date(Math.max(...claims.map((claim) => claim.getTime()))) : null;
    await this.handover.leave(tx, to, bySegment(leavers), underWayUntil);
    return [...owedTo, ...leavers.map((one) => one.destination)];
  }
}

/** Those of one segment together. */
function bySegment(leavers: readonly Leavers[]): Leavers[] {
  const segments = new Map<string, Leavers>();
  for (const one of leavers) {
    const key = JSON.stringify([one.destination, one.segmentId]);
    segments.set(key, { ...one, addresses: [...(segments.get(key)?.addresses ?? []), ...one.addresses] });
  }
  return [...segments.values()];
}
