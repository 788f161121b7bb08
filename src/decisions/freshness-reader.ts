import { Injectable } from '@nestjs/common';
import type { IsStale } from '../core/decide.js';
import type { Instant } from '../core/instant.js';
import { nameFits } from '../core/matcher.js';
import type { PlannedPoint } from '../journeys/plan-point.js';
import { SourceFreshness } from '../profiles/source-freshness.js';
import type { Freshness } from './decision.js';
import type { DeclaredFacts } from './facts-reader.js';

/** How fresh the sources are that a branch point has a limit for, and which branches rest on one that is not. */
export type FreshnessOf = (point: PlannedPoint) => { freshness: readonly Freshness[]; isStale: IsStale };

/** Whether the sources that branch points rest on are fresh enough. */
@Injectable()
export class FreshnessReader {
  constructor(private readonly sources: SourceFreshness) {}

  /** As of an instant. Without a limit anywhere nothing is read. */
  async of(
    points: readonly PlannedPoint[],
    { asOf, facts }: { asOf: Instant; facts: DeclaredFacts },
  ): Promise<FreshnessOf> {
    const limited = [...new Set(points.flatMap((point) => [...point.limits.keys()]))];
    if (limited.length === 0) return () => NO_LIMITS;
    const heardOf = await this.sources.of(limited, asOf);
    return (point) => {
      const freshness = [...point.limits].map(([source, limit]): Freshness => {
        const heard = heardOf.get(source)?.lastReceivedAt ?? null;
        return { source, heardAt: heard, isStale: heard === null || asOf - heard > limit };
      });
      return { freshness, isStale: isStaleBy(freshness, facts) };
    };
  }
}

const NO_LIMITS = { freshness: [], isStale: (): boolean => false };

/** Whether a branch rests on events of a source that was found to lag. */
export function isStaleBy(freshness: readonly Freshness[], { events }: DeclaredFacts): IsStale {
  const stale = freshness.filter((one) => one.isStale).map((one) => one.source);
  if (stale.length === 0) return () => false;
  const names = Object.keys(events).filter((name) => events[name]!.sources.some((source) => stale.includes(source)));
  return ({ plan }) => plan.eventNames.some((wanted) => names.some((name) => nameFits(wanted, name)));
}
