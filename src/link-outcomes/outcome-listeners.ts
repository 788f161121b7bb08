import type { Attribution } from '../link-reports/credits.js';

/** Which purchases a destination hears of, and which click each is attributed to. */
export interface ConversionsHeard {
  /** How long after a click what follows counts as its doing, by the name of a window of the reports. */
  window: string;
  credit: Exclude<Attribution, 'any'>;
}

/** What a destination hears of links. */
export interface OutcomeListener {
  destination: string;
  /** People's clicks on links in messages that it delivered itself. */
  hearsClicks: boolean;
  conversions?: ConversionsHeard;
}

/** Which destinations hear of what came of links: a port, since whoever tells it knows nothing of them. */
export abstract class OutcomeListeners {
  /** As of now. */
  abstract all(): readonly OutcomeListener[];
}
