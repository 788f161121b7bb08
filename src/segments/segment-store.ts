import { Injectable } from '@nestjs/common';
import { compileRule, type Plan } from '../core/compile-rule.js';
import type { Instant } from '../core/instant.js';
import type { Rule } from '../core/rule.js';
import { DeclaredCache, raiseRuleRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { SegmentPush } from './segment.entities.js';

/** A segment's rule in force, compiled. */
export interface PublishedSegment {
  id: number;
  key: string;
  version: number;
  plan: Plan;
  push: SegmentPush | null;
  /** The catalogue's revision since which this version is in force, and the instant. */
  revision: number;
  publishedAt: Instant;
}

/** A segment as it is shown to people. */
export interface SegmentView {
  key: string;
  version: number;
  rule: unknown;
  push: SegmentPush | null;
  publishedAt: Date;
}

/** Rules by key; versions are immutable, and the newest is in force. */
@Injectable()
export class SegmentStore {
  private readonly published = new DeclaredCache<readonly PublishedSegment[]>((tx) => this.inForce(tx));

  /** Every rule in force, as of the catalogue's revision. */
  current(tx: Transaction, revision: number): Promise<readonly PublishedSegment[]> {
    return this.published.current(tx, revision);
  }

  /**
   * Publishes a rule as a segment's next version. Returns the version, and whether the segment is new. A segment at the
   * destination has one owner: `takenBy` names the other segment, and then nothing was written.
   */
  async publish(
    tx: Transaction,
    segment: { key: string; rule: Rule; push: SegmentPush | null },
  ): Promise<{ version: number; isNew: boolean } | { takenBy: string }> {
    const { revision, at } = await raiseRuleRevision(tx);
    const publishedAt = new Date(at);
    const takenBy = segment.push && (await this.ownerOf(tx, segment.push));
    if (takenBy && takenBy !== segment.key) return { takenBy };
    const [row] = await query<{ id: number; version: number; was_published: boolean }>(
      tx,
      `WITH known AS (
         INSERT INTO segments (key, created_at) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id, published_version
       )
       SELECT id, published_version IS NOT NULL AS was_published,
              1 + coalesce((SELECT max(version) FROM segment_versions WHERE segment_id = known.id), 0) AS version
         FROM known`,
      [segment.key, publishedAt],
    );
    const { id, version } = row!;
    await query(
      tx,
      `INSERT INTO segment_versions (segment_id, version, rule, push, revision, published_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, version, JSON.stringify(segment.rule), segment.push && JSON.stringify(segment.push), revision, publishedAt],
    );
    await query(tx, 'UPDATE segments SET published_version = $2 WHERE id = $1', [id, version]);
    return { version, isNew: !row!.was_published };
  }

  /** Takes a segment out of force; its members leave. False if there was none. */
  async remove(tx: Transaction, key: string): Promise<boolean> {
    await raiseRuleRevision(tx);
    const rows = await query(
      tx,
      'UPDATE segments SET published_version = NULL WHERE key = $1 AND published_version IS NOT NULL RETURNING id',
      [key],
    );
    return rows.length > 0;
  }

  async find(tx: Transaction, key: string): Promise<SegmentView | undefined> {
    return (await this.views(tx, 'WHERE key = $1', [key]))[0];
  }

  async list(tx: Transaction): Promise<SegmentView[]> {
    return this.views(tx, '', []);
  }

  private async views(tx: Transaction, where: string, parameters: unknown[]): Promise<SegmentView[]> {
    return query<SegmentView>(
      tx,
      `SELECT key, version, rule, push, published_at AS "publishedAt"
         FROM segments JOIN segment_versions ON segment_id = id AND version = published_version ${where} ORDER BY key`,
      parameters,
    );
  }

  private async ownerOf(tx: Transaction, push: SegmentPush): Promise<string | undefined> {
    const [row] = await query<{ key: string }>(
      tx,
      `SELECT key FROM segments JOIN segment_versions ON segment_id = id AND version = published_version
        WHERE push ->> 'destination' = $1 AND push ->> 'segmentId' = $2`,
      [push.destination, push.segmentId],
    );
    return row?.key;
  }

  /** Every rule in force, read and compiled anew. */
  async inForce(tx: Transaction): Promise<readonly PublishedSegment[]> {
    const rows = await query<PublishedRow>(
      tx,
      `SELECT id, key, version, rule, push, revision, published_at
         FROM segments JOIN segment_versions ON segment_id = id AND version = published_version ORDER BY id`,
    );
    return rows.map((row) => ({
      id: row.id,
      key: row.key,
      version: row.version,
      push: row.push,
      plan: compileRule(row.rule),
      revision: Number(row.revision),
      publishedAt: row.published_at.getTime(),
    }));
  }
}

interface PublishedRow {
  id: number;
  key: string;
  version: number;
  rule: Rule;
  push: SegmentPush | null;
  revision: string;
  published_at: Date;
}
