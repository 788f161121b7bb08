import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RuleCompiler, type Plan } from '../core/compile-rule.js';
import { explain } from '../core/evaluate.js';
import type { History } from '../core/history.js';
import { segmentsBelow } from '../core/references.js';
import { HistoryReader } from '../histories/history-reader.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { inTurns } from '../platform/in-turns.js';
import { query, type Transaction } from '../platform/database.js';
import { SegmentStore } from '../segments/segment-store.js';
import { addMove, moveOf, wantsSample, type LaneFindings } from '../segments/shadow-findings.js';
import { ShadowStore, type Shadow, type ShadowLane } from '../segments/shadow-store.js';

/** A segment's rule as it is and as it would be. */
interface Change {
  segment: string;
  before: Plan | undefined;
  after: Plan;
}

/** Computes drafts over all profiles, step by step, each in a transaction of one lane that a crash undoes. */
@Injectable()
export class ShadowRun {
  private compiled: { shadowId: string; changes: readonly Change[] } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly shadows: ShadowStore,
    private readonly segments: SegmentStore,
    private readonly histories: HistoryReader,
  ) {}

  openLanes(): Promise<{ shadowId: string; lane: number }[]> {
    return this.shadows.openLanes(this.dataSource.manager);
  }

  /** Computes the next profiles of a lane; false once there are no more, or while another worker is at it. */
  async step(shadowId: string, lane: number, most: number): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      const claimed = await this.shadows.claim(tx, shadowId, lane);
      if (!claimed) return false;
      const { shadow } = claimed;
      const revision = await catalogueRevision(tx);
      if (revision !== shadow.revision) {
        await this.shadows.stop(tx, shadowId, 'outdated');
        return false;
      }
      const ids = await profilesAfter(tx, claimed, most);
      if (ids.length > 0) await this.shadows.advance(tx, await this.found(tx, claimed, ids));
      if (ids.length < most) await this.shadows.finishLane(tx, shadowId, lane);
      return ids.length === most;
    });
  }

  private async found(tx: Transaction, claimed: ShadowLane, ids: readonly number[]): Promise<ShadowLane> {
    const { shadow, findings } = claimed;
    const changes = await this.changesOf(tx, shadow);
    const plans = changes.flatMap(({ before, after }) => (before ? [before, after] : [after]));
    const about = { plans, asOf: shadow.asOf.getTime(), revision: shadow.revision };
    const asked = ids.map((id) => ({ id, evaluatedSeq: 0 }));
    const histories = await this.histories.ofAll(tx, asked, about);
    await inTurns(ids, (id) => note(findings, changes, { id, history: histories.get(id)!.history, asOf: about.asOf }));
    return { ...claimed, afterId: ids.at(-1)!, profiles: claimed.profiles + ids.length };
  }

  /** The draft's own segment first, then those that rest on it. */
  private async changesOf(tx: Transaction, shadow: Shadow): Promise<readonly Change[]> {
    if (this.compiled?.shadowId === shadow.id) return this.compiled.changes;
    const { rules, all } = await this.segments.current(tx, shadow.revision);
    const next = new Map([...rules, [shadow.segment, shadow.rule]]);
    const compiler = new RuleCompiler(next);
    const above = all.filter(
      ({ rule, key }) => key !== shadow.segment && segmentsBelow(rule, next).has(shadow.segment),
    );
    const planNow = new Map(all.map((segment) => [segment.key, segment.plan]));
    const changes = [shadow.segment, ...above.map(({ key }) => key)].map((segment) => ({
      segment,
      before: planNow.get(segment),
      after: compiler.plan(next.get(segment)!),
    }));
    this.compiled = { shadowId: shadow.id, changes };
    return changes;
  }
}

function note(
  findings: LaneFindings,
  changes: readonly Change[],
  profile: { id: number; history: History; asOf: number },
): void {
  const { history, asOf } = profile;
  changes.forEach(({ segment, before, after }, index) => {
    const was = before?.condition.judge(history, asOf).truth === 'true';
    const move = moveOf(was, after.condition.judge(history, asOf).truth === 'true');
    if (!move) return;
    addMove(findings, segment, move);
    if (index > 0 || !wantsSample(findings, move)) return;
    findings.samples[move].push({ profileId: profile.id, because: explain(after, history, asOf) });
  });
}

async function profilesAfter(tx: Transaction, { lane, afterId }: ShadowLane, most: number): Promise<number[]> {
  const rows = await query<{ id: string }>(
    tx,
    'SELECT id FROM profiles WHERE lane = $1 AND id > $2 AND ended_at IS NULL ORDER BY id LIMIT $3',
    [lane, afterId, most],
  );
  return rows.map((row) => Number(row.id));
}
