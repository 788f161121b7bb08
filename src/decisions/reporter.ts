import { Injectable } from '@nestjs/common';
import { ALL_PLACES, type Allocation } from '../core/allocation.js';
import { addDecimals, decimalToString, ZERO, type Decimal } from '../core/decimal.js';
import { toIso } from '../core/instant.js';
import type { PointShares } from '../journeys/plan-point.js';
import type { Transaction } from '../platform/database.js';
import { proceedsOf } from './proceeds.js';
import { ReportQuery, type ReportSpan, type Since, type Taken } from './report-query.js';
import {
  chanceOf,
  mean,
  meanDifference,
  proportion,
  proportionDifference,
  type Amounts,
  type Interval,
} from '../platform/statistics.js';

/** Below this a draw is not what was declared, whatever chance may do. */
const UNLIKELY = 0.001;

type Holdout = NonNullable<PointShares['holdout']>;

/** What some people bought, in one currency. */
interface Revenue {
  total: Decimal;
  squares: number;
  nonzero: number;
}

/** Some people, and what they did after their decision. */
interface Group {
  profiles: number;
  inWindow: number;
  buyers: number;
  revenue: Map<string, Revenue>;
}

/** How much more one group bought than another. */
export interface Difference {
  conversion: Interval | null;
  revenuePerProfile: { currency: string; difference: Interval | null }[];
}

export type BranchPointReport = Awaited<ReturnType<Reporter['report']>>;

/** What came of a branch point: who went where, what they bought, and what difference it made. */
@Injectable()
export class Reporter {
  constructor(private readonly figures: ReportQuery) {}

  async report(tx: Transaction, span: ReportSpan, { splits, holdout }: PointShares) {
    const taken = await this.figures.taken(tx, span, 'told');
    const asked = await this.figures.asked(tx, span);
    const groups = await this.groups(tx, span, taken, 'told');
    const everybody = [...groups.values()].reduce(together, nobody());
    const keptOut = holdout && (groups.get(holdout.branch) ?? nobody());
    return {
      ...{ journey: span.journey, branchPoint: span.branchPoint },
      ...{ from: toIso(span.from), to: toIso(span.to), windowMs: span.window },
      journeyVersions: asked.versions,
      profiles: everybody.profiles,
      ...{ open: asked.open, unknown: asked.unknown },
      branches: [...groups].map(([branch, group]) => ({
        branch,
        decisions: asked.decisions.get(branch) ?? 0,
        share: everybody.profiles > 0 ? group.profiles / everybody.profiles : 0,
        ...shown(group),
        againstHoldout: keptOut && branch !== holdout.branch ? against(group, keptOut) : null,
      })),
      holdout: holdout ? await this.holdout(tx, span, holdout, asked.versions) : null,
      splits: Object.entries(splits).map(([branch, { allocation }]) => ({
        branch,
        ...drawn(
          allocation,
          taken.filter((one) => one.matched === branch),
          asked.versions,
        ),
      })),
    };
  }

  /** Whether it was drawn as declared, and everybody else against those who were held out, both from when they asked on. */
  private async holdout(
    tx: Transaction,
    span: ReportSpan,
    { branch, allocation }: Holdout,
    versions: readonly number[],
  ) {
    // Whoever waits was drawn as well: told at once are only those who are held out.
    const drawers = await this.figures.taken(tx, span, 'asked');
    const groups = await this.groups(tx, span, drawers, 'asked');
    const keptOut = groups.get(branch) ?? nobody();
    groups.delete(branch);
    const effect = against([...groups.values()].reduce(together, nobody()), keptOut);
    return { branch, ...drawn(allocation, drawers, versions), effect };
  }

  private async groups(
    tx: Transaction,
    span: ReportSpan,
    taken: readonly Taken[],
    since: Since,
  ): Promise<Map<string, Group>> {
    const groups = new Map<string, Group>();
    for (const { branch, profiles, inWindow } of taken) {
      const group = groups.get(branch) ?? nobody();
      groups.set(branch, { ...group, profiles: group.profiles + profiles, inWindow: group.inWindow + inWindow });
    }
    for await (const { branch, events } of this.figures.followers(tx, span, since)) {
      const { hasBought, revenue } = proceedsOf(events, span.now);
      const group = groups.get(branch)!;
      if (hasBought) group.buyers += 1;
      for (const [currency, amount] of revenue) addAmount(group.revenue, currency, amount);
    }
    return groups;
  }
}

function nobody(): Group {
  return { profiles: 0, inWindow: 0, buyers: 0, revenue: new Map() };
}

function addAmount(revenue: Map<string, Revenue>, currency: string, amount: Decimal): void {
  const { total, squares, nonzero } = revenue.get(currency) ?? { total: ZERO, squares: 0, nonzero: 0 };
  revenue.set(currency, {
    total: addDecimals(total, amount),
    squares: squares + numberOf(amount) ** 2,
    nonzero: nonzero + (amount.units === 0n ? 0 : 1),
  });
}

function together(a: Group, b: Group): Group {
  const revenue = new Map(a.revenue);
  for (const [currency, more] of b.revenue) {
    const known = revenue.get(currency);
    revenue.set(
      currency,
      known
        ? {
            total: addDecimals(known.total, more.total),
            squares: known.squares + more.squares,
            nonzero: known.nonzero + more.nonzero,
          }
        : more,
    );
  }
  return {
    profiles: a.profiles + b.profiles,
    inWindow: a.inWindow + b.inWindow,
    buyers: a.buyers + b.buyers,
    revenue,
  };
}

function shown(group: Group) {
  const { profiles, inWindow, buyers, revenue } = group;
  return {
    profiles,
    inWindow,
    buyers,
    conversion: proportion({ some: buyers, all: profiles }),
    revenue: [...revenue.keys()].sort().map((currency) => ({
      currency,
      total: decimalToString(revenue.get(currency)!.total),
      perProfile: mean(amountsOf(group, currency)),
    })),
  };
}

function against(one: Group, other: Group): Difference {
  const currencies = [...new Set([...one.revenue.keys(), ...other.revenue.keys()])].sort();
  return {
    conversion: proportionDifference(
      { some: one.buyers, all: one.profiles },
      { some: other.buyers, all: other.profiles },
    ),
    revenuePerProfile: currencies.map((currency) => ({
      currency,
      difference: meanDifference(amountsOf(one, currency), amountsOf(other, currency)),
    })),
  };
}

/** Whoever bought nothing counts with nothing. */
function amountsOf({ profiles, revenue }: Group, currency: string): Amounts {
  const { total, squares, nonzero } = revenue.get(currency) ?? { total: ZERO, squares: 0, nonzero: 0 };
  return { all: profiles, nonzero, sum: numberOf(total), squares };
}

function numberOf(amount: Decimal): number {
  return Number(decimalToString(amount));
}

/**
 * Whether a draw came out as it is declared: each share beside what was meant, and what the chance of such a difference is.
 * Not told where another version may have declared otherwise.
 */
function drawn(allocation: Allocation, taken: readonly Taken[], versions: readonly number[]) {
  const all = taken.reduce((sum, { profiles }) => sum + profiles, 0);
  const arms = Object.entries(allocation).map(([key, places]) => ({
    arm: key,
    declared: places.reduce((sum, [from, to]) => sum + to - from, 0) / ALL_PLACES,
    profiles: taken.reduce((sum, { branch, profiles }) => sum + (branch === key ? profiles : 0), 0),
  }));
  const rest = {
    share: (ALL_PLACES - Math.round(arms.reduce((sum, { declared }) => sum + declared, 0) * ALL_PLACES)) / ALL_PLACES,
    count: all - arms.reduce((sum, { profiles }) => sum + profiles, 0),
  };
  const shares = arms.map(({ declared, profiles }) => ({ share: declared, count: profiles }));
  const chance = versions.length > 1 ? null : chanceOf([...shares, rest]);
  return {
    arms: arms.map((arm) => ({ ...arm, drawn: proportion({ some: arm.profiles, all }) })),
    chance,
    isAsDeclared: chance === null ? null : chance >= UNLIKELY,
  };
}
