import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { nowWithDeclaredHeld } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { Nudger } from '../platform/nudger.js';
import { Problem } from '../platform/problem.js';
import { repeatedTransaction } from '../platform/repeated-transaction.js';
import { ConflictStore, type OpenConflict } from './conflict-store.js';
import type { Identifier } from './identifier.js';
import { writeBindings } from './identifier-rows.js';
import { MergeFollower } from './merge-follower.js';
import { lockProfiles, ProfileOvertaken } from './profile-lock.js';
import { ProfileMerger } from './profile-merger.js';

/** What a person says of a conflict. */
export const VERDICTS = ['same_person', 'different_people'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What came of it: the profile that has the identifier now, and those that were merged into it. */
export interface Settled {
  profileId: number;
  merged: number[];
}

/** Settles by hand what the rules of identity left apart. */
@Injectable()
export class ConflictSettler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly conflicts: ConflictStore,
    private readonly merger: ProfileMerger,
    private readonly follower: MergeFollower,
    private readonly nudger: Nudger,
  ) {}

  /**
   * Makes one of the two, whatever the rules say, with their memberships recomputed; or keeps them apart for good, whatever
   * says otherwise later. Throws a 404 problem where there is no such conflict (any more).
   */
  async settle(profileId: number, identifier: Identifier, verdict: Verdict): Promise<Settled> {
    const { owedTo, ...settled } = await repeatedTransaction(this.dataSource, async (tx) => {
      // A change that looks for whose clicks it touches would not find those that are moved meanwhile.
      await nowWithDeclaredHeld(tx);
      const conflict = await this.conflicts.find(tx, profileId, identifier);
      if (!conflict) throw Problem.notFound('There is no such conflict, or not any more.');
      if (verdict === 'same_person') return this.join(tx, conflict);
      await this.conflicts.keepApart(tx, profileId, identifier);
      return { profileId, merged: [], owedTo: [] };
    });
    if (settled.merged.length > 0) this.nudger.evaluate([laneOfProfile(settled.profileId)]);
    this.nudger.deliver(owedTo);
    return settled;
  }

  private async join(tx: Transaction, conflict: OpenConflict): Promise<Settled & { owedTo: string[] }> {
    const { profileId, owner, identifier, eventId } = conflict;
    if (owner === null) {
      await lockProfiles(tx, [profileId]);
      const written = await writeBindings(tx, [{ identifier, profileId }], await now(tx));
      if (written.length === 0) throw new ProfileOvertaken(); // somebody else has come by it meanwhile
      await this.conflicts.forget(tx, profileId, identifier);
      return { profileId, merged: [], owedTo: [] };
    }
    const [into, merged] = [profileId, owner].sort((a, b) => a - b) as [number, number]; // the older stays
    await lockProfiles(tx, [into, merged]);
    const followed = await this.merger.merge(tx, [{ merged, into, eventId, kind: identifier.kind }]);
    return { profileId: into, merged: [merged], owedTo: await this.follower.follow(tx, followed) };
  }
}
