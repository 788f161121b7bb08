import { Injectable } from '@nestjs/common';
import { RuleCompiler } from '../core/compile-rule.js';
import type { PlannedBranchPoint } from '../core/decide.js';
import { segmentsOf, type SegmentRules } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import { now } from '../platform/clock.js';
import { DeclaredCache, raiseCatalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { SegmentStore } from '../segments/segment-store.js';
import type { BranchDefinition, BranchPointDefinition, BranchPoints } from './journey.js';

export interface JourneyView {
  key: string;
  version: number;
  branchPoints: BranchPoints;
  createdAt: Date;
}

/** A journey ready to be asked; its segments' rules are those in force at the revision it was compiled for. */
export interface PlannedJourney {
  key: string;
  version: number;
  branchPoints: ReadonlyMap<string, PlannedBranchPoint & { isPushed: boolean }>;
}

/** Journeys by key; versions are immutable, and the newest is asked. */
@Injectable()
export class JourneyStore {
  private readonly planned = new DeclaredCache<ReadonlyMap<string, PlannedJourney>>((tx) => this.load(tx));

  constructor(private readonly segments: SegmentStore) {}

  /** Every journey, as of the catalogue's revision. */
  current(tx: Transaction, revision: number): Promise<ReadonlyMap<string, PlannedJourney>> {
    return this.planned.current(tx, revision);
  }

  /** Declares a journey's next version; version 1 is a new journey. */
  async put(tx: Transaction, journey: { key: string; branchPoints: BranchPoints }): Promise<number> {
    await raiseCatalogueRevision(tx);
    const at = new Date(await now(tx));
    const [row] = await query<{ version: number }>(
      tx,
      `INSERT INTO journeys AS known (key, version, created_at) VALUES ($1, 1, $2)
       ON CONFLICT (key) DO UPDATE SET version = known.version + 1 RETURNING version`,
      [journey.key, at],
    );
    const { version } = row!;
    await query(
      tx,
      'INSERT INTO journey_versions (journey_key, version, branch_points, created_at) VALUES ($1, $2, $3, $4)',
      [journey.key, version, JSON.stringify(journey.branchPoints), at],
    );
    return version;
  }

  async find(tx: Transaction, key: string): Promise<JourneyView | undefined> {
    return (await this.views(tx, 'WHERE key = $1', [key]))[0];
  }

  list(tx: Transaction): Promise<JourneyView[]> {
    return this.views(tx, '', []);
  }

  /** Keys of the journeys in which a branch rests on a segment. */
  async dependingOn(tx: Transaction, segment: string): Promise<string[]> {
    const journeys = await this.list(tx);
    return journeys
      .filter((journey) =>
        Object.values(journey.branchPoints).some((point) => point.branches.some((one) => namesSegment(one, segment))),
      )
      .map((journey) => journey.key);
  }

  private views(tx: Transaction, where: string, parameters: unknown[]): Promise<JourneyView[]> {
    return query<JourneyView>(
      tx,
      `SELECT key, journeys.version, branch_points AS "branchPoints", journey_versions.created_at AS "createdAt"
         FROM journeys JOIN journey_versions ON journey_key = key AND journey_versions.version = journeys.version
         ${where} ORDER BY key`,
      parameters,
    );
  }

  private async load(tx: Transaction): Promise<ReadonlyMap<string, PlannedJourney>> {
    const rules = await this.segments.rules(tx);
    const compiler = new RuleCompiler(rules);
    const journeys = await this.list(tx);
    return new Map(journeys.map((journey) => [journey.key, planJourney(journey, rules, compiler)]));
  }
}

function namesSegment(branch: BranchDefinition, key: string): boolean {
  return branch.segment === key || (branch.rule !== undefined && segmentsOf(branch.rule as Rule).includes(key));
}

function planJourney(journey: JourneyView, rules: SegmentRules, compiler: RuleCompiler): PlannedJourney {
  const points = Object.entries(journey.branchPoints).map(
    ([name, point]) => [name, planPoint(point, rules, compiler)] as const,
  );
  return { key: journey.key, version: journey.version, branchPoints: new Map(points) };
}

function planPoint(point: BranchPointDefinition, rules: SegmentRules, compiler: RuleCompiler) {
  return {
    // A journey can't be declared with a segment that isn't there, nor can one that is needed be removed.
    branches: point.branches.map(({ key, rule, segment }) => ({
      key,
      plan: compiler.plan(segment === undefined ? (rule as Rule) : rules.get(segment)!),
    })),
    defaultBranch: point.default,
    whenPending: point.whenPending ?? ('noMatch' as const),
    isPushed: point.push ?? true,
  };
}
