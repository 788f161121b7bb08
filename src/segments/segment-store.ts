import { Injectable } from '@nestjs/common';
import { absencesOf } from '../core/absence.js';
import { RuleCompiler, type Plan } from '../core/compile-rule.js';
import type { Instant } from '../core/instant.js';
import { checkReferences, segmentsBelow, segmentsOf, type SegmentRules } from '../core/references.js';
import type { EventName, Rule, RuleProblem } from '../core/rule.js';
import { TouchIndex } from '../core/touch-index.js';
import { DeclaredCache, raiseRuleRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { isManual } from './manual-rule.js';
import type { SegmentPush } from './segment.entities.js';

/** A segment's rule in force, compiled. */
export interface PublishedSegment {
  id: number;
  key: string;
  version: number;
  rule: Rule;
  plan: Plan;
  /** The events whose absence can make somebody a member. */
  absences: readonly EventName[];
  push: readonly SegmentPush[];
  /** The catalogue's revision since which this version and those of the segments that it names are in force, and when. */
  revision: number;
  publishedAt: Instant;
}

/** Every rule in force. */
export interface PublishedSegments {
  all: readonly PublishedSegment[];
  byId: ReadonlyMap<number, PublishedSegment>;
  rules: SegmentRules;
  /** Which of them an event can touch. */
  index: TouchIndex<PublishedSegment>;
}

/** What a segment is to say next. */
export interface NewVersion {
  key: string;
  rule: Rule;
  push: readonly SegmentPush[];
}

/** A version that came into force. */
export interface Published {
  version: number;
  isNew: boolean;
  push: readonly SegmentPush[];
  /** Where the version before was pushed, and this one is not. */
  left: readonly SegmentPush[];
  /** Whether the version before was a list of people, and this one is a rule. */
  isListNoMore: boolean;
}

/** Why a rule could not be published. */
export type Refusal = { takenBy: string; push: SegmentPush } | { problems: RuleProblem[] };

/** A segment as it is shown to people. */
export interface SegmentView {
  key: string;
  version: number;
  rule: unknown;
  push: readonly SegmentPush[];
  publishedAt: Date;
}

/** One version of a segment. */
export interface VersionView extends SegmentView {
  isInForce: boolean;
}

/** Rules by key; versions are immutable, and the newest is in force. */
@Injectable()
export class SegmentStore {
  private readonly published = new DeclaredCache<PublishedSegments>((tx) => this.inForce(tx));

  /** Every rule in force, as of the catalogue's revision. */
  current(tx: Transaction, revision: number): Promise<PublishedSegments> {
    return this.published.current(tx, revision);
  }

  /**
   * Publishes a rule as a segment's next version. Returns it; or, with nothing written, why not: a segment at the destination
   * has one owner, and the segments that rules name must be there, end somewhere, and not grow too large together.
   */
  async publish(tx: Transaction, segment: NewVersion): Promise<Published | Refusal> {
    const { revision, at } = await raiseRuleRevision(tx);
    const publishedAt = new Date(at);
    const refusal = await this.refusalOf(tx, segment);
    if (refusal) return refusal;
    const [row] = await query<{ id: number; version: number; before: { rule: unknown; push: SegmentPush[] } | null }>(
      tx,
      `WITH known AS (
         INSERT INTO segments (key, created_at) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id, published_version
       )
       SELECT id,
              (SELECT json_build_object('rule', rule, 'push', push) FROM segment_versions
                WHERE segment_id = known.id AND version = published_version) AS before,
              1 + coalesce((SELECT max(version) FROM segment_versions WHERE segment_id = known.id), 0) AS version
         FROM known`,
      [segment.key, publishedAt],
    );
    const { id, version, before } = row!;
    await query(
      tx,
      `INSERT INTO segment_versions (segment_id, version, rule, push, revision, published_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, version, JSON.stringify(segment.rule), JSON.stringify(segment.push), revision, publishedAt],
    );
    await query(tx, 'UPDATE segments SET published_version = $2 WHERE id = $1', [id, version]);
    const { key, rule, push } = segment;
    const left = (before?.push ?? []).filter((one) => !push.some(isTo(one)));
    const isListNoMore = isManual(key, before?.rule) && !isManual(key, rule);
    return { version, isNew: before === null, push, left, isListNoMore };
  }

  /** Why a segment could not be published as things are; undefined if it could. */
  async refusalOf(tx: Transaction, segment: NewVersion): Promise<Refusal | undefined> {
    const taken = await this.ownedByOthers(tx, segment);
    if (taken) return taken;
    const problems = referenceProblems(segment, await this.rules(tx));
    return problems.length > 0 ? { problems } : undefined;
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

  /** The first of a segment's pushes that is another's already. */
  private async ownedByOthers(
    tx: Transaction,
    { key, push }: NewVersion,
  ): Promise<{ takenBy: string; push: SegmentPush } | undefined> {
    const [row] = await query<{ takenBy: string; push: SegmentPush }>(
      tx,
      `SELECT key AS "takenBy", own AS push
         FROM segments JOIN segment_versions ON segment_id = id AND version = published_version,
              jsonb_array_elements(push) AS own
        WHERE key <> $1
          AND (own ->> 'destination', own ->> 'segmentId') IN (SELECT * FROM unnest($2::text[], $3::text[])) LIMIT 1`,
      [key, push.map((one) => one.destination), push.map((one) => one.segmentId)],
    );
    return row;
  }

  /** Keys of the segments that are pushed to a destination. */
  async pushedTo(tx: Transaction, destination: string): Promise<string[]> {
    const rows = await query<{ key: string }>(
      tx,
      `SELECT key FROM segments JOIN segment_versions ON segment_id = id AND version = published_version
        WHERE push @> jsonb_build_array(jsonb_build_object('destination', $1::text)) ORDER BY key`,
      [destination],
    );
    return rows.map((row) => row.key);
  }

  /** Keys of the segments whose rules name a segment. */
  async dependingOn(tx: Transaction, key: string): Promise<string[]> {
    return [...(await this.rules(tx))].filter(([, rule]) => segmentsOf(rule).includes(key)).map(([other]) => other);
  }

  /** The same, and those whose rules name these in turn. */
  async restingOn(tx: Transaction, key: string): Promise<string[]> {
    const rules = await this.rules(tx);
    return [...rules]
      .filter(([other, rule]) => other !== key && segmentsBelow(rule, rules).has(key))
      .map(([one]) => one);
  }

  /** The rules in force, by segment. */
  async rules(tx: Transaction): Promise<SegmentRules> {
    return new Map((await this.list(tx)).map((segment) => [segment.key, segment.rule as Rule]));
  }

  /** Every version that a segment ever had, newest first; also of one that is out of force. */
  async versions(tx: Transaction, key: string): Promise<VersionView[]> {
    return query<VersionView>(
      tx,
      `SELECT key, version, rule, push, segment_versions.published_at AS "publishedAt",
              version IS NOT DISTINCT FROM published_version AS "isInForce"
         FROM segments JOIN segment_versions ON segment_id = id WHERE key = $1 ORDER BY version DESC`,
      [key],
    );
  }

  /** The version of each segment that was in force at an instant. */
  async versionsAt(tx: Transaction, at: Instant): Promise<SegmentView[]> {
    return query<SegmentView>(
      tx,
      `SELECT DISTINCT ON (segment_id) key, version, rule, push, segment_versions.published_at AS "publishedAt"
         FROM segments JOIN segment_versions ON segment_id = id WHERE segment_versions.published_at <= $1
        ORDER BY segment_id, version DESC`,
      [new Date(at)],
    );
  }

  /** Every rule in force, read and compiled anew. */
  private async inForce(tx: Transaction): Promise<PublishedSegments> {
    const rows = await query<PublishedRow>(
      tx,
      `SELECT id, key, version, rule, push, revision, published_at
         FROM segments JOIN segment_versions ON segment_id = id AND version = published_version ORDER BY id`,
    );
    const rules: SegmentRules = new Map(rows.map((row) => [row.key, row.rule]));
    const byKey = new Map(rows.map((row) => [row.key, row]));
    const compiler = new RuleCompiler(rules);
    const all = rows.map((row): PublishedSegment => {
      const { id, key, version, rule, push } = row;
      // A segment changes with the rules of those that it names.
      const below = [...segmentsBelow(rule, rules)].map((one) => byKey.get(one)!);
      const since = [row, ...below].map((one) => ({ revision: Number(one.revision), at: one.published_at.getTime() }));
      return {
        ...{ id, key, version, rule, push },
        plan: compiler.plan(rule),
        absences: absencesOf(rule, rules),
        revision: Math.max(...since.map((one) => one.revision)),
        publishedAt: Math.max(...since.map((one) => one.at)),
      };
    });
    return {
      all,
      rules,
      byId: new Map(all.map((segment) => [segment.id, segment])),
      index: new TouchIndex(all.map((segment) => [segment, segment.plan] as const)),
    };
  }
}

function isTo({ destination, segmentId }: SegmentPush): (other: SegmentPush) => boolean {
  return (other) => other.destination === destination && other.segmentId === segmentId;
}

/** What is wrong with the segments that a new rule names, and with the rules that name its own. */
function referenceProblems(segment: { key: string; rule: Rule }, inForce: SegmentRules): RuleProblem[] {
  const rules = new Map([...inForce, [segment.key, segment.rule]]);
  const own = checkReferences(segment.rule, rules, segment.key, '/rule');
  if (own.length > 0) return own;
  const above = [...rules].filter(([, rule]) => segmentsBelow(rule, rules).has(segment.key));
  return above.flatMap(([key, rule]) =>
    checkReferences(rule, rules, key).map((one) => ({
      ...one,
      pointer: '/rule',
      problem: `segment "${key}" rests on this one: ${one.problem}`,
    })),
  );
}

interface PublishedRow {
  id: number;
  key: string;
  version: number;
  rule: Rule;
  push: readonly SegmentPush[];
  revision: string;
  published_at: Date;
}
