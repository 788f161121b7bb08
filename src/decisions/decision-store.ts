import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { DecisionRecord } from './decision.entity.js';
import type { Decision } from './decision.js';

/** The log of decisions. */
@Injectable()
export class DecisionStore {
  async append(tx: Transaction, decision: Decision): Promise<void> {
    const instant = (at: number | null): Date | null => (at === null ? null : new Date(at));
    await query(
      tx,
      `INSERT INTO decisions (lane, id, profile_id, journey_key, journey_version, branch_point, branch, reason, as_of,
                              settles_at, changes_at, catalogue_revision, because)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        decision.profileId === null ? laneOfText(decision.id) : laneOfProfile(decision.profileId),
        decision.id,
        decision.profileId,
        decision.journey,
        decision.journeyVersion,
        decision.branchPoint,
        decision.branch,
        decision.reason,
        instant(decision.asOf),
        instant(decision.settlesAt),
        instant(decision.changesAt),
        decision.revision,
        JSON.stringify(decision.because),
      ],
    );
  }

  find(tx: Transaction, id: string): Promise<DecisionRecord | null> {
    return tx.findOneBy(DecisionRecord, { id });
  }
}
