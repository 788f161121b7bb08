import { Injectable } from '@nestjs/common';
import type { IsStale } from '../core/decide.js';
import type { Instant } from '../core/instant.js';
import { nameFits } from '../core/matcher.js';
import type { PlannedPoint } from '../journeys/plan-point.js';
import type { Transaction } from '../platform/database.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import type { Freshness } from './decision.js';
import type { DeclaredFacts } from './facts-reader.js';

/** How fresh the sources are that a branch point needs, and which branches rest on one that is beyond its limit. */
export type FreshnessOf = (point: PlannedPoint) => { freshness: readonly Freshness[]; isStale: IsStale };

/** Whether the sources that branch points rest on are fresh enough. */
@Injectable()
export class FreshnessReader {
  /** The sources that a branch point needs under some declared facts. */
  private readonly needed = new WeakMap<DeclaredFacts, WeakMap<PlannedPoint, readonly string[]>>();

  constructor(private readonly sources: SourceFreshness) {}

  /** As of an instant. */
  async of(
    tx: Transaction,
    points: readonly PlannedPoint[],
    { asOf, facts }: { asOf: Instant; facts: DeclaredFacts },
  ): Promise<FreshnessOf> {
    const needed = new Map(points.map((point) => [point, this.neededBy(point, facts)]));
    const heard = await this.sources.lastReceived(tx, [...new Set([...needed.values()].flat())]);
    const found = new Map(
      [...needed].map(([point, sources]) => {
        const freshness = sources.map((source): Freshness => {
          const heardAt = heard.get(source)!;
          const limit = point.limits.get(source) ?? Infinity;
          return { source, heardAt, isStale: (heardAt === null ? Infinity : asOf - heardAt) > limit };
        });
        return [point, { freshness, isStale: isStaleBy(freshness, facts) }];
      }),
    );
    return (point) => found.get(point)!;
  }

  /** Those that have a limit, and those that tell of what its branches are about; in order of their names. */
  private neededBy(point: PlannedPoint, facts: DeclaredFacts): readonly string[] {
    const known = this.needed.get(facts) ?? new WeakMap<PlannedPoint, readonly string[]>();
    this.needed.set(facts, known);
    const needed = known.get(point);
    if (needed) return needed;
    const names = point.branches.flatMap(({ plan }) => plan.eventNames);
    const telling = Object.entries(facts.events)
      .filter(([name]) => names.some((wanted) => nameFits(wanted, name)))
      .flatMap(([, { sources }]) => sources);
    const found = [...new Set([...point.limits.keys(), ...telling])].sort();
    known.set(point, found);
    return found;
  }
}

/** Whether a branch rests on events of a source that was found to lag. */
export function isStaleBy(freshness: readonly Freshness[], { events }: DeclaredFacts): IsStale {
  const stale = freshness.filter((one) => one.isStale).map((one) => one.source);
  if (stale.length === 0) return () => false;
  const names = Object.keys(events).filter((name) => events[name]!.sources.some((source) => stale.includes(source)));
  return ({ plan }) => plan.eventNames.some((wanted) => names.some((name) => nameFits(wanted, name)));
}
