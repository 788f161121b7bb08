import { addToSum, type Decimal } from '../core/decimal.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { keptPurchases } from '../core/kept-purchases.js';

/** What somebody's purchases came to. */
export interface Proceeds {
  /** Whether a purchase is left that was neither cancelled nor refunded in full. */
  hasBought: boolean;
  /** What is left of them, exactly, by currency; one without a currency is under none (''). */
  revenue: ReadonlyMap<string, Decimal>;
}

/** What is left of some purchases as of an instant, from them and all that undoes purchases, in order of time. */
export function proceedsOf(events: readonly HistoryEvent[], asOf: Instant): Proceeds {
  const kept = keptPurchases(events, asOf);
  const sums = new Map<string, Decimal>();
  for (const { revenue, currency } of kept) if (revenue) addToSum(sums, currency, revenue);
  return { hasBought: kept.length > 0, revenue: sums };
}
