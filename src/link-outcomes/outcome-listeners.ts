/** What a destination hears of links. */
export interface OutcomeListener {
  destination: string;
  /** People's clicks on links in messages that it delivered itself. */
  hearsClicks: boolean;
}

/** Which destinations hear of what came of links: a port, since whoever tells it knows nothing of them. */
export abstract class OutcomeListeners {
  /** As of now. */
  abstract all(): readonly OutcomeListener[];
}
