import { Injectable } from '@nestjs/common';
import { advanceMembership } from '../core/membership.js';
import { HistoryReader } from '../histories/history-reader.js';
import { presentOf, type Present } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import type { DueProfile } from '../profiles/due-profile.js';
import { SegmentStore, type PublishedSegment } from '../segments/segment-store.js';
import { identifiersOf } from './identifiers-of.js';
import { MemberStore, type MemberRow } from './member-store.js';
import { MembershipStore } from './membership-store.js';

export interface MemberPage {
  members: MemberRow[];
  /** After whom the next page begins; null: there is none. */
  next: string | null;
}

/**
 * The members of segments as of now: those that were written down, but for profiles that are due, which are asked. So a late
 * timer makes no wrong list.
 */
@Injectable()
export class MemberPages {
  constructor(
    private readonly members: MemberStore,
    private readonly memberships: MembershipStore,
    private readonly segments: SegmentStore,
    private readonly histories: HistoryReader,
  ) {}

  /** In order of profile id after a cursor, at most so many; perhaps fewer, though there are more. */
  async page(tx: Transaction, segmentKey: string, after: string, most: number): Promise<MemberPage> {
    const present = await presentOf(tx);
    const { all } = await this.segments.current(tx, present.revision);
    const segment = all.find((one) => one.key === segmentKey);
    const due = segment ? await this.memberships.dueAfter(tx, present.now, after, most) : [];
    const written = await this.members.page(tx, segmentKey, after, most);
    const asked = new Set(due.map((one) => String(one.id)));
    const found = [
      ...written.filter((one) => !asked.has(one.profileId)),
      ...(segment ? await this.membersAmong(tx, due, segment, present) : []),
    ].sort((a, b) => Number(a.profileId) - Number(b.profileId));
    // Beyond whom it reached first, not everybody was looked at.
    const reached = [written.map((one) => Number(one.profileId)), due.map((one) => one.id)]
      .filter((ids) => ids.length === most)
      .map((ids) => ids.at(-1)!);
    const end = Math.min(Infinity, ...reached);
    const members = found.filter((one) => Number(one.profileId) <= end);
    if (members.length > most) return { members: members.slice(0, most), next: members[most - 1]!.profileId };
    return { members, next: end === Infinity ? null : String(end) };
  }

  private async membersAmong(
    tx: Transaction,
    due: readonly DueProfile[],
    segment: PublishedSegment,
    { now, revision }: Present,
  ): Promise<MemberRow[]> {
    if (due.length === 0) return [];
    const ids = due.map((one) => one.id);
    const asOf = Math.min(...due.map((one) => one.dueAt));
    const read = await this.histories.ofEach(tx, ids, { plans: [segment.plan], asOf, revision });
    const held = await this.memberships.held(tx, ids);
    const members = due.flatMap(({ id, dueAt: from }) => {
      const before = held.get(id)?.find((one) => one.segmentId === segment.id);
      const wasMember = before?.isMember ?? false;
      const stretch = { wasMember, from: Math.max(from, segment.publishedAt), until: now };
      const { transitions, dueAt } = advanceMembership(segment.plan, read.get(id)!.history, stretch);
      const last = transitions.at(-1);
      if (!(last ? last.kind === 'entered' : wasMember)) return [];
      const since = new Date(last?.at ?? before!.since);
      return [
        { profileId: String(id), since, version: segment.version, leavesAt: dueAt === null ? null : new Date(dueAt) },
      ];
    });
    const identifiers = await identifiersOf(
      tx,
      members.map((one) => one.profileId),
    );
    return members.map((one) => ({ ...one, identifiers: identifiers.get(one.profileId) ?? {} }));
  }
}
