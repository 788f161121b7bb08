import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { now } from '../platform/clock.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { compilePattern, patternMatches } from './compiled-pattern.js';
import type { CtaPattern } from './cta-pattern.js';
import { contextOf } from './message-context.js';
import { normaliseHref } from './normalise-href.js';
import { Reclassification } from './ctas.entities.js';

const MOST_FINISHED_KEPT = 20;

interface ClickRow {
  lane: number;
  profile_id: string;
  id: string;
  occurred_at: Date;
  href: string | null;
  [name: string]: unknown;
}

/**
 * Changes that past clicks may feel. The clicks in the log are looked at, newest first, in steps that survive a crash, and
 * the profiles whose clicks the change can touch are marked due; no others.
 */
@Injectable()
export class ReclassificationStore {
  /** In the transaction that changes what is declared, after the revision is raised. */
  async order(tx: Transaction, change: { about: string; patterns: readonly CtaPattern[] | null }): Promise<void> {
    await query(
      tx,
      `DELETE FROM reclassifications WHERE finished_at IS NOT NULL AND id NOT IN
         (SELECT id FROM reclassifications WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT $1)`,
      [MOST_FINISHED_KEPT - 1],
    );
    await query(tx, 'INSERT INTO reclassifications (about, patterns, ordered_at) VALUES ($1, $2, $3)', [
      change.about,
      change.patterns && JSON.stringify(change.patterns),
      new Date(await now(tx)),
    ]);
  }

  /** Newest first. */
  list(tx: Transaction): Promise<Reclassification[]> {
    return tx.find(Reclassification, { order: { id: 'DESC' } });
  }

  /**
   * Looks at the next clicks that a change may touch; false when nothing is left to do, or another worker does it. Clicks
   * that come in meanwhile are evaluated as now declared, and clicks that an evaluation under way has still read as
   * declared before are in the log already: none is missed.
   */
  async step(tx: Transaction, most: number): Promise<boolean> {
    const change = await this.claim(tx);
    if (!change) return false;
    const clicks = await this.clicksBefore(tx, change, most);
    const touched = clicks.filter(touchTest(change.patterns));
    const profiles = await markDue(tx, touched, change.orderedAt.getTime());
    const last = clicks.at(-1);
    await query(
      tx,
      `UPDATE reclassifications SET before_at = coalesce($2, before_at), before_id = coalesce($3, before_id),
              done = done + $4, profiles = profiles + $5, finished_at = CASE WHEN $6 THEN turnout_now() END
        WHERE id = $1`,
      [change.id, last?.occurred_at ?? null, last?.id ?? null, clicks.length, profiles, clicks.length < most],
    );
    return true;
  }

  private async claim(tx: Transaction): Promise<Reclassification | undefined> {
    const [row] = await prepared<{ id: string; started_at: Date | null }>(
      tx,
      'claim_reclassification',
      `SELECT id, started_at FROM reclassifications WHERE finished_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [],
    );
    if (!row) return undefined;
    if (!row.started_at) {
      await query(
        tx,
        `UPDATE reclassifications SET started_at = turnout_now(),
                total = (SELECT count(*) FROM events WHERE name = 'click') WHERE id = $1`,
        [row.id],
      );
    }
    return (await tx.findOneBy(Reclassification, { id: row.id }))!;
  }

  private clicksBefore(tx: Transaction, { beforeAt, beforeId }: Reclassification, most: number): Promise<ClickRow[]> {
    return query<ClickRow>(
      tx,
      `SELECT lane, profile_id, id, occurred_at, properties->>'href' AS href,
              properties->>'campaign_id' AS campaign_id, properties->>'broadcast_id' AS broadcast_id,
              properties->>'newsletter_id' AS newsletter_id, properties->>'action_id' AS action_id,
              properties->>'transactional_message_id' AS transactional_message_id,
              properties->>'link_id' AS link_id, properties->>'link_tag' AS link_tag
         FROM events WHERE name = 'click' AND ($1::timestamptz IS NULL OR (occurred_at, id) < ($1, $2::uuid))
        ORDER BY occurred_at DESC, id DESC LIMIT $3`,
      [beforeAt, beforeId, most],
    );
  }
}

/** Whether a change can touch a click: one of the patterns, those from before and those from now, matches it. */
function touchTest(patterns: readonly CtaPattern[] | null): (click: ClickRow) => boolean {
  if (!patterns) return () => true;
  const compiled = patterns.map(compilePattern);
  return (click) => {
    const link = click.href === null ? undefined : normaliseHref(click.href);
    if (!link) return false;
    const context = contextOf(click);
    return compiled.some((pattern) => patternMatches(pattern, link, context));
  };
}

/** Lane by lane and in order of id, as everybody locks profiles. Returns how many. */
async function markDue(tx: Transaction, clicks: readonly ClickRow[], at: Instant): Promise<number> {
  const byLane = new Map<number, Set<string>>();
  for (const { lane, profile_id: id } of clicks) byLane.set(lane, (byLane.get(lane) ?? new Set()).add(id));
  let marked = 0;
  for (const lane of [...byLane.keys()].sort((a, b) => a - b)) {
    const rows = await query(
      tx,
      `UPDATE profiles SET evaluate_at = least(evaluate_at, greatest($3, evaluated_at)), is_link_report_due = true
        WHERE lane = $1 AND id IN
          (SELECT id FROM profiles WHERE lane = $1 AND id = ANY($2::bigint[]) AND ended_at IS NULL ORDER BY id FOR UPDATE)
       RETURNING id`,
      [lane, [...byLane.get(lane)!], new Date(at)],
    );
    marked += rows.length;
  }
  return marked;
}
