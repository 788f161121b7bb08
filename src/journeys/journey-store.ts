import { Injectable } from '@nestjs/common';
import { RuleCompiler } from '../core/compile-rule.js';
import { ctasNamed } from '../core/ctas-named.js';
import { segmentsOf, type SegmentRules } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import { now } from '../platform/clock.js';
import { DeclaredCache, raiseRevisionBesideRules } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { SegmentStore, type SegmentView } from '../segments/segment-store.js';
import { allocationsOf, type JourneyAllocations } from './allocations.js';
import type { BranchDefinition, BranchPoints, HoldoutDefinition, JourneyDefinition } from './journey.js';
import { planPoint, segmentsUnder, type PlannedPoint, type PointRules, type PointShares } from './plan-point.js';

export interface JourneyView {
  key: string;
  version: number;
  branchPoints: BranchPoints;
  holdout: HoldoutDefinition | null;
  createdAt: Date;
}

interface StoredJourney extends JourneyView {
  allocations: JourneyAllocations | null;
}

/** A journey ready to be asked; its segments' rules are those in force at the revision it was compiled for. */
export interface PlannedJourney {
  key: string;
  version: number;
  branchPoints: ReadonlyMap<string, PlannedPoint>;
}

const IS_ASKED = 'removed_at IS NULL';

/** Journeys by key; versions are immutable, and the newest is asked. */
@Injectable()
export class JourneyStore {
  private readonly planned = new DeclaredCache<ReadonlyMap<string, PlannedJourney>>((tx) => this.load(tx));

  constructor(private readonly segments: SegmentStore) {}

  /** Every journey, as of the catalogue's revision. */
  current(tx: Transaction, revision: number): Promise<ReadonlyMap<string, PlannedJourney>> {
    return this.planned.current(tx, revision);
  }

  /** A branch point as it was last known here; for when the database can't be asked. */
  lastKnown(journey: string, branchPoint: string): PlannedPoint | undefined {
    return this.planned.last?.get(journey)?.branchPoints.get(branchPoint);
  }

  /**
   * Takes the catalogue's lock, so that none of the segments that a journey is checked against can go before it is
   * declared. To be called first.
   */
  async begin(tx: Transaction): Promise<void> {
    await raiseRevisionBesideRules(tx);
  }

  /** Declares a checked journey's next version; version 1 is a new journey. One that was removed goes on where it was. */
  async put(tx: Transaction, key: string, journey: JourneyDefinition): Promise<number> {
    const at = new Date(await now(tx));
    const before = (await this.stored(tx, 'key = $1', [key]))[0]?.allocations ?? undefined;
    const [row] = await query<{ version: number }>(
      tx,
      `INSERT INTO journeys AS known (key, version, created_at) VALUES ($1, 1, $2)
       ON CONFLICT (key) DO UPDATE SET version = known.version + 1, removed_at = NULL RETURNING version`,
      [key, at],
    );
    const { version } = row!;
    await query(
      tx,
      `INSERT INTO journey_versions (journey_key, version, branch_points, holdout, allocations, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        key,
        version,
        JSON.stringify(journey.branchPoints),
        journey.holdout ? JSON.stringify(journey.holdout) : null,
        JSON.stringify(allocationsOf(key, journey, before)),
        at,
      ],
    );
    return version;
  }

  /** Has a journey answer nothing new, and need nothing; false if there is none. What was decided stays. */
  async remove(tx: Transaction, key: string): Promise<boolean> {
    await raiseRevisionBesideRules(tx);
    const rows = await query(
      tx,
      'UPDATE journeys SET removed_at = turnout_now() WHERE key = $1 AND removed_at IS NULL RETURNING key',
      [key],
    );
    return rows.length > 0;
  }

  async find(tx: Transaction, key: string): Promise<JourneyView | undefined> {
    return (await this.stored(tx, `key = $1 AND ${IS_ASKED}`, [key])).map(viewOf)[0];
  }

  async list(tx: Transaction): Promise<JourneyView[]> {
    return (await this.stored(tx, IS_ASKED, [])).map(viewOf);
  }

  /**
   * How a branch point shares people out, as it was last declared: also of one that is asked no longer, since what it decided
   * stays.
   */
  async sharesOf(tx: Transaction, key: string, branchPoint: string): Promise<PointShares | undefined> {
    const [row] = await query<{ allocations: JourneyAllocations | null }>(
      tx,
      `SELECT allocations FROM journey_versions WHERE journey_key = $1 AND branch_points::jsonb ? $2
        ORDER BY version DESC LIMIT 1`,
      [key, branchPoint],
    );
    return row && sharesIn(row.allocations, branchPoint);
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

  /** The CTAs that the branches of a journey rest on, in rules of their own or of segments; undefined: there is none such. */
  async ctasOf(tx: Transaction, key: string): Promise<string[] | undefined> {
    const journey = await this.find(tx, key);
    if (!journey) return undefined;
    const rules = await this.segments.rules(tx);
    const points = Object.values(journey.branchPoints);
    const below = points.flatMap((point) => segmentsUnder(point, rules)).map((segment) => rules.get(segment));
    return ctasNamed([points, below]).sort();
  }

  private stored(tx: Transaction, which: string, parameters: unknown[]): Promise<StoredJourney[]> {
    return query<StoredJourney>(
      tx,
      `SELECT key, journeys.version, branch_points AS "branchPoints", holdout, allocations,
              journey_versions.created_at AS "createdAt"
         FROM journeys JOIN journey_versions ON journey_key = key AND journey_versions.version = journeys.version
        WHERE ${which} ORDER BY key`,
      parameters,
    );
  }

  private async load(tx: Transaction): Promise<ReadonlyMap<string, PlannedJourney>> {
    const segments = new Map((await this.segments.list(tx)).map((segment) => [segment.key, segment]));
    const rules: SegmentRules = new Map([...segments].map(([key, { rule }]) => [key, rule as Rule]));
    const compiler = new RuleCompiler(rules);
    const journeys = await this.stored(tx, IS_ASKED, []);
    return new Map(
      journeys.map((journey) => {
        const points = pointRulesOf(journey, segments, rules).map(
          (point) => [point.branchPoint, planPoint(point, compiler)] as const,
        );
        return [journey.key, { key: journey.key, version: journey.version, branchPoints: new Map(points) }];
      }),
    );
  }
}

function namesSegment(branch: BranchDefinition, key: string): boolean {
  return branch.segment === key || (branch.rule !== undefined && segmentsOf(branch.rule as Rule).includes(key));
}

function sharesIn(allocations: JourneyAllocations | null, branchPoint: string): PointShares {
  const holdout = allocations?.holdout;
  return { splits: allocations?.splits[branchPoint] ?? {}, ...(holdout && { holdout }) };
}

function viewOf({ allocations: _, ...view }: StoredJourney): JourneyView {
  return view;
}

/** A journey can't be declared with a segment that isn't there, nor can one that is needed be removed. */
function pointRulesOf(
  { key, version, branchPoints, allocations }: StoredJourney,
  segments: ReadonlyMap<string, SegmentView>,
  rules: SegmentRules,
): PointRules[] {
  return Object.entries(branchPoints).map(([name, definition]) => ({
    journey: key,
    version,
    branchPoint: name,
    definition,
    ...sharesIn(allocations, name),
    segments: Object.fromEntries(
      segmentsUnder(definition, rules).map((one) => [
        one,
        { version: segments.get(one)!.version, rule: rules.get(one)! },
      ]),
    ),
  }));
}
