import type { Transaction } from '../platform/database.js';

/** A link of ours as it was made. */
export interface SentLink {
  id: string;
  cta: string;
  template: string | null;
  channel: string | null;
  /** As `campaign_id:7`. */
  message: string | null;
  /** Where a click on it leads, with its UTM values. */
  landingUrl: string;
}

/** Links of ours, by what clicks on them say: a port, since the naming of links knows nothing of who serves them. */
export abstract class SentLinks {
  /** By id. */
  abstract find(tx: Transaction, ids: readonly string[]): Promise<Map<string, SentLink>>;

  /** The ids of links by addresses that lead through us; other addresses are left out. */
  abstract idsIn(tx: Transaction, hrefs: readonly string[]): Promise<Map<string, string>>;
}
